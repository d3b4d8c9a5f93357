#!/bin/bash
setup() {
  kubectl get x
}
setup
echo done
