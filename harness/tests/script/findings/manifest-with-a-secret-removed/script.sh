#!/bin/bash
set -e
cub worker install w --space s --include-secret --export > /tmp/worker-manifest.yaml
kubectl apply -f /tmp/worker-manifest.yaml
rm -f /tmp/worker-manifest.yaml
echo "nothing secret" > /tmp/notes.txt
