#!/bin/bash
set -e
cub unit apply trade-service --space prod
kubectl scale deployment trade-service --replicas=10 -n prod
kubectl scale deployment own --replicas=2 -n prod
kubectl delete namespace prod
