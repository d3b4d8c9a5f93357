#!/bin/bash
set -e
kubectl get x || FAILED=1
echo "failed: $FAILED"
