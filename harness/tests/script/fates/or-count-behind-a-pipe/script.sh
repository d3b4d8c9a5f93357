#!/bin/bash
errors=0
echo x | while read -r name; do kubectl get "$name" || errors=$((errors + 1)); done
if [ "$errors" -gt 0 ]; then exit 1; fi
