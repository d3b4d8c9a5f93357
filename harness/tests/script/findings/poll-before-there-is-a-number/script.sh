#!/bin/bash
set -e
for _ in 1 2 3; do
  ready=$(kubectl get deployment web -o "jsonpath={.status.readyReplicas}")
  if [ "$ready" -eq 3 ]; then
    break
  fi
  sleep 1
done
echo "$ready of 3 are ready"
