#!/bin/bash
kubectl get x || exit 1
echo done
