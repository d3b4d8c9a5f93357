#!/bin/bash
set -e
if ! kubectl get x; then
  echo missing
fi
echo done
