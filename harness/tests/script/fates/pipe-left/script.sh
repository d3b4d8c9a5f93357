#!/bin/bash
set -e
kubectl get x | cat
echo done
