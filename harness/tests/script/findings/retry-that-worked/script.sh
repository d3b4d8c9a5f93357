#!/bin/bash
set -e
for i in 1 2 3; do
  if kubectl wait pod/x --for condition=ready --timeout 1s; then
    break
  fi
done
