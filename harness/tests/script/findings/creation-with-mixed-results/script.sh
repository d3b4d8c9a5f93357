#!/bin/bash
set -e
kubectl create -f k8s || true
kubectl create -f again || true
echo done
