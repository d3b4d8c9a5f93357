#!/bin/bash
set -e
kubectl get x || echo "already there"
echo done
