#!/bin/bash
kubectl out 100000 | head -1
echo "${PIPESTATUS[@]}"
set -o pipefail
kubectl out 100000 | head -1
echo $?
