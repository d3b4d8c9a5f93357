#!/bin/bash
set -e
ready() {
  kubectl get x
}
if ready; then
  echo up
fi
echo done
