#!/bin/bash
$(which kubectl) get pods
command kubectl get pods
env FOO=bar kubectl get pods
timeout 5 kubectl get pods
export PATH="$PATH:/opt/tools"
kubectl get pods
kubectl() { command kubectl --context x "$@"; }
kubectl get pods
echo a b | xargs kubectl get pods
env -i PATH="$PATH" kubectl get pods
