#!/bin/bash
set -e
kubectl apply -f never.yaml
kubectl apply -f later.yaml
kubectl apply -f deleted.yaml
