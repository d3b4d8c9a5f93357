#!/bin/bash
set -e
pod=$(kubectl get pods -n shop -l app=shpo -o name | head -1)
echo "✅ pod $pod is running"

other=$(kubectl get pods -n shop -l app=other -o name | head -1)
if [ -z "$other" ]; then
  echo "there is no other"
fi
echo "other: $other"

count=$(kubectl get pods -n shop -l app=gone -o name | wc -l)
echo "$count pods are left"

spare=$(kubectl get pods -n shop -l app=spare -o name | head -1)
echo "spare: ${spare:-none}"

used=$(kubectl get pods -n shop -l app=used -o name | head -1)
kubectl logs "$used" -n shop || exit 1
