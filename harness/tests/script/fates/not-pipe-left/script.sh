#!/bin/bash
set -e
if ! kubectl get x 2>/dev/null | grep -q y; then
  echo missing
fi
echo done
