#!/bin/bash
set -e
kubectl ok a | kubectl apply -f - 2>&1 | grep -v unchanged || true
