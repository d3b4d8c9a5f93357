#!/bin/bash
set -e
f() {
  local x=$(kubectl get x)
  echo "$x"
}
f
