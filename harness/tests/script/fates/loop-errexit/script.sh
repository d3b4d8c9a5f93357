#!/bin/bash
set -e
for i in 1 2; do
  kubectl get x
done
echo done
