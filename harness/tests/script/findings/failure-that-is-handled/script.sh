#!/bin/bash
kubectl apply -f x.yaml || { echo "apply failed"; exit 1; }
