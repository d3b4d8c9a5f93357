#!/bin/bash
set -e
ready() {
  kubectl get x
  echo checked
}
if ready; then
  echo up
fi
