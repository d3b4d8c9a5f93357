#!/bin/bash
set -e
x=1 y=2
kubectl get x
echo "$x $y"
