#!/bin/bash
kubectl delete namespace x || true
echo done
