#!/bin/bash
set -e
kubectl get x &
sleep 0.2
echo done
