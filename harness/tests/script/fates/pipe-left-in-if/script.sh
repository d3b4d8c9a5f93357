#!/bin/bash
set -e
if kubectl get x 2>/dev/null | grep -q Running; then
  echo up
fi
echo done
