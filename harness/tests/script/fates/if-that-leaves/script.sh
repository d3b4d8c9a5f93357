#!/bin/bash
try() {
  if kubectl get x; then
    return 0
  fi
  return 1
}
try || exit 1
