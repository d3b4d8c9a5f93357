#!/bin/bash
warn() {
  echo "$*" >&2
}
kubectl get x || warn "no x"
echo done
