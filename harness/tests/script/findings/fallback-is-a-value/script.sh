#!/bin/bash
set -e
NAME=$(kubectl get pods -o name || echo none)
x=$(kubectl get nodes || true)
if [ -z "$x" ]; then echo "no nodes"; exit 0; fi
