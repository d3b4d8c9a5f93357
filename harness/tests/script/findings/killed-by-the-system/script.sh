#!/bin/bash
kubectl get pods || true
echo done
