#!/bin/sh
echo "$0"
kubectl exit 3
echo $?
kubectl out 2 | cat
f() { kubectl exit 4; }
f || echo "or $?"
