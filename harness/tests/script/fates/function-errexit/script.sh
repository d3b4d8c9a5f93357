#!/bin/bash
set -e
setup() {
  kubectl get x
  echo set up
}
setup
echo done
