#!/bin/bash
exec > >(tee log) 2>&1
kubectl both
kubectl exit 3
echo "status $?"
bash -c 'echo inner >&2; exit 4'
echo "status $?"
