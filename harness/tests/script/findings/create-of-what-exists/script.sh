#!/bin/bash
set -e
kubectl create namespace x 2>/dev/null || true
cub space create p || echo "exists already"
