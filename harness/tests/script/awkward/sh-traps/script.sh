#!/bin/sh
set -eu
trap 'echo "bye $?"' EXIT
. ./part.sh
kubectl out 1 >/dev/null
x=$(kubectl args a)
echo "$x"
kubectl exit 4
