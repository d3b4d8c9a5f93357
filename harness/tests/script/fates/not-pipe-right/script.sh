#!/bin/bash
set -e
if ! echo y | kubectl get x; then
  echo missing
  exit 1
fi
echo done
