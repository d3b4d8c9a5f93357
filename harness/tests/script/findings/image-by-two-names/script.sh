#!/bin/bash
set -e
kubectl apply -f wrong.yaml
