#!/bin/bash
set -e
if kubectl get x; then
  echo found
elif [ -f y ]; then
  echo y
fi
echo done
