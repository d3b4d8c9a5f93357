#!/bin/bash
set -e
cub worker install w --space p --export --include-secret > w.yaml
kubectl apply -f w.yaml
sleep 10
cub unit set-target reference-data k8s-w --space p
