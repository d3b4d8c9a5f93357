#!/bin/bash
set -e
kubectl get x &
wait $! || true
echo done
