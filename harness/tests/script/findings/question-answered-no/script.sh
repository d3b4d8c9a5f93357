#!/bin/bash
if kubectl get namespace x >/dev/null 2>&1; then
  echo there
fi
kubectl get namespace y >/dev/null 2>&1 && echo there
true
