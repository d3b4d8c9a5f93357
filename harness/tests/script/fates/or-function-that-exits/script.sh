#!/bin/bash
die() {
  echo "$*" >&2
  exit 1
}
kubectl get x || die "no x"
echo done
