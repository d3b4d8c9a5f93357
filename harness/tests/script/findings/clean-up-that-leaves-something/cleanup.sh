#!/bin/bash
set -e
cub space delete dev
kubectl delete namespace dev
echo "✅ Cleanup complete!"
