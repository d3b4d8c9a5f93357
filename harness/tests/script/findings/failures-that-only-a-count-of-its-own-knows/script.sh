#!/bin/bash
set -e
check_deployments() {
  local failed=0
  for name in one two; do
    if ! kubectl get deployment "$name" >/dev/null 2>&1; then
      failed=$((failed + 1))
    fi
  done
  return $([ "$failed" -eq 0 ] && echo 0 || echo 1)
}
check_deployments || true
echo done
