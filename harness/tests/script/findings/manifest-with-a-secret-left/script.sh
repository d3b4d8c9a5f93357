#!/bin/bash
set -e
manifest=/tmp/worker-manifest.yaml
cub worker install w --space s --include-secret --export > "$manifest"
cub worker install v --space s --include-secret --export | tee /tmp/other-manifest.yaml >/dev/null
kubectl apply -f "$manifest"
kubectl apply -f /tmp/other-manifest.yaml
