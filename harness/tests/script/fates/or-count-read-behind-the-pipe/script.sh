#!/bin/bash
echo x | {
  errors=0
  while read -r name; do kubectl get "$name" || errors=$((errors + 1)); done
  if [ "$errors" -gt 0 ]; then exit 1; fi
}
