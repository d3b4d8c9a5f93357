#!/bin/bash
setup() {
  kubectl get x
  return
}
setup || exit 1
echo done
