#!/bin/bash
set -e
set +e
trap 'echo failed' ERR
kubectl get x
echo done
