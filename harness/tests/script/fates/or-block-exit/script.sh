#!/bin/bash
kubectl get x || { echo "no"; exit 1; }
echo done
