#!/bin/bash
set -euo pipefail
name=demo
command -v kind >/dev/null
kind version
kind get clusters
kind get nodes --name "$name"
if ! kind get clusters 2>/dev/null | grep -qx "$name"; then
  kind create cluster --name "$name" --wait 2m
fi
kubectl config current-context
kubectl config get-contexts -o name
kind get clusters
kind get nodes --name "$name"
kind create cluster --name "$name" || echo "again: $?"
kind load docker-image nginx:1.25 --name "$name"
kind load docker-image nginx:1.25 acme/unknown:1 --name "$name" || echo "unknown: $?"
kind load docker-image nginx:1.25 || echo "no such cluster: $?"
kind get kubeconfig --name "$name" >own
grep -c "kind-$name" own
kind get kubeconfig || echo "none: $?"
KUBECONFIG=other kind export kubeconfig --name "$name"
kubectl --kubeconfig other config current-context
kubectl config use-context stagegate
kubectl get nodes -o name
kubectl --context "kind-$name" get nodes -o name
kind delete cluster --name "$name"
kind delete cluster --name "$name"
kubectl config get-contexts -o name
kubectl config current-context
kind get clusters
