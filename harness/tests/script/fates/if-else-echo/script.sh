#!/bin/bash
set -e
if kubectl get x; then
  echo found
else
  echo missing
fi
echo done
