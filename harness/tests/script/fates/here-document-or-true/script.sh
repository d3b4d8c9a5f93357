#!/bin/bash
set -e
kubectl apply -f - <<EOF || true
kind: X
EOF
echo done
