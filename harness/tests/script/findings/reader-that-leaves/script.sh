#!/bin/bash
set -e
kubectl get pods | head -1
