#!/bin/bash
set -eo pipefail
if ! kubectl get x | cat; then
  echo missing
  exit 1
fi
echo done
