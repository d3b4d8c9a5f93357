#!/bin/bash
set -e
kubectl apply -f - <<EOF | cat
kind: X
EOF
echo done
