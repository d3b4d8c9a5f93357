#!/bin/bash -e
kubectl get x
echo done
