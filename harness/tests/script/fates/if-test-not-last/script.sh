#!/bin/bash
set -e
if kubectl get x; true; then
  echo found
fi
