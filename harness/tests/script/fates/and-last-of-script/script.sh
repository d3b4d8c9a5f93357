#!/bin/bash
set -e
kubectl get x && echo found
