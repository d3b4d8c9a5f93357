#!/bin/bash
set -e
failed=0
check_deployments() {
  local all=true
  for name in one two; do
    if ! kubectl get deployment "$name" >/dev/null 2>&1; then
      echo "✗ $name"
      failed=$((failed + 1))
      all=false
    fi
  done
  return $([ "$all" = true ] && echo 0 || echo 1)
}
check_deployments || true
if [ "$failed" -gt 0 ]; then
  echo "$failed are missing"
  exit 1
fi
echo done
