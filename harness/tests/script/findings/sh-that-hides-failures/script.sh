#!/bin/sh
set -e
kubectl get pods || true
fail() {
  kubectl create namespace x
}
fail | cat
./inner.sh || true
kubectl get pods
echo "never"
