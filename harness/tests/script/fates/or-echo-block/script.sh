#!/bin/bash
set -e
kubectl get x || { echo "no" >&2; echo "sorry"; }
echo done
