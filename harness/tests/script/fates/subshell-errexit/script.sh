#!/bin/bash
set -e
(
  cd /
  kubectl get x
  echo in
)
echo done
