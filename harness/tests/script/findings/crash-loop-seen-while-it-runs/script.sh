#!/bin/bash
set -e
kubectl apply -f looping.yaml
kubectl apply -f recovered.yaml
kubectl apply -f job.yaml
