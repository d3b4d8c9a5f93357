#!/bin/bash
set -e
kubectl get \
  x \
  --output json || true
echo done
