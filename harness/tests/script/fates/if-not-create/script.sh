#!/bin/bash
set -e
if ! kubectl get x; then
  kubectl ok create x
fi
echo done
