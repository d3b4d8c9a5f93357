#!/bin/bash
set -e
kubectl get x || true
echo done
