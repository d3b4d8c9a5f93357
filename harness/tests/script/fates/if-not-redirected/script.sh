#!/bin/bash
set -e
if ! kubectl get x &>/dev/null; then
  echo bad
  exit 1
fi
echo done
