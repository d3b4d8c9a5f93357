#!/bin/bash
if kubectl get namespace x >/dev/null 2>&1; then
  echo there
fi
