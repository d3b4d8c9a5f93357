#!/bin/bash
set -e
cub worker install worker --space dev --export > w.yaml
kubectl apply -f w.yaml
kubectl apply -f good.yaml
