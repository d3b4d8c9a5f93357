#!/bin/bash
trap 'echo failed; exit 1' ERR
kubectl get x
echo done
