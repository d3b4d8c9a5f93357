#!/bin/bash
set -e
inner() {
  kubectl get x
}
outer() {
  inner
  echo outer
}
outer || true
echo done
