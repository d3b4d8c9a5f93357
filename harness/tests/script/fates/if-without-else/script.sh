#!/bin/bash
set -e
if kubectl get x; then
  echo found
fi
echo done
