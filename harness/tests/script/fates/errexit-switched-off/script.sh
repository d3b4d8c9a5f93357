#!/bin/bash
set -e
set +e
kubectl get x
set -e
echo done
