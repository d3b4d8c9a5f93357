#!/bin/bash
set -e
kubectl get pods -n default -l app=refrence-data
kubectl delete pod -l app=no-such
echo checked
