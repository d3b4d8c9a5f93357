#!/bin/bash
set -e
kubectl get x
if [ $? -ne 0 ]; then
  echo failed
fi
