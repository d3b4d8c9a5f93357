#!/bin/bash
set -e
check() {
  if ! kubectl get x; then
    return 1
  fi
}
check || true
echo done
