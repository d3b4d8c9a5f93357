#!/bin/sh
kubectl get services -l app=web -o name | grep -q .
echo done
