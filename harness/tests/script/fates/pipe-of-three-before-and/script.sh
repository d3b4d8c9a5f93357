#!/bin/bash
set -e
printf "b\na\n" | sort | cat
kubectl get x && echo found
echo done
