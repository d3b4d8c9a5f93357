#!/bin/bash
set -eo pipefail
kubectl get x | cat
echo done
