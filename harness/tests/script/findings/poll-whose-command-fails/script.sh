#!/bin/bash
set -e
for i in 1 2 3; do
  if cub target list --space p 2>/dev/null | grep -q k8s-p; then
    echo registered
    break
  fi
  sleep 0.1
done
