#!/bin/bash
kubectl get x
if [ $? -ne 0 ]; then
  echo failed
  exit 1
fi
echo done
