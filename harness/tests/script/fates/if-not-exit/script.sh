#!/bin/bash
set -e
if ! kubectl get x; then
  echo missing
  exit 1
fi
echo done
