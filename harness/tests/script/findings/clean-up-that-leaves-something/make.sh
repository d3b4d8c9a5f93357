#!/bin/bash
set -e
cub space create dev
kubectl create namespace dev
kubectl apply -f all.yaml
