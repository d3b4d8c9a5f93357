#!/bin/bash
set -e
setup() {
  kubectl get x
  echo set up
}
setup || exit 1
echo done
