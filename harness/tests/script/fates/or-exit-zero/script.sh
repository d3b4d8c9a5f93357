#!/bin/bash
kubectl get x || exit 0
echo done
