#!/bin/bash
set -e
kubectl apply -f x.yaml
echo never
