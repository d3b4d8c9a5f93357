#!/bin/bash
set -e
kubectl apply -f - <<EOF
kind: X
EOF
echo done
