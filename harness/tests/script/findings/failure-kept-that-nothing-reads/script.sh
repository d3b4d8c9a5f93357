#!/bin/bash
kubectl create namespace a || FAILED=1
kubectl create namespace b || BAD=1
kubectl create namespace c
echo "status $?"
kubectl create namespace d
rc=$?
echo "rc is $rc"
kubectl create namespace e
if [ $? -ne 0 ]; then echo "failed"; fi
kubectl create namespace f || sleep 1
if [ "$BAD" = 1 ]; then exit 1; fi
