#!/bin/bash
set -e
failed=0
check() {
  if ! kubectl get x &>/dev/null; then
    echo bad
    failed=$((failed + 1))
    return 1
  fi
}
check || true
if [ $failed -gt 0 ]; then exit 1; fi
echo done
