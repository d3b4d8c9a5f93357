#!/bin/sh
export KIND_CLUSTER_NAME=
cat >kind.yaml <<END
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: from-file
nodes:
- role: control-plane
  image: kindest/node:v1.34.0@sha256:0000
END
kind create cluster --config missing.yaml || echo "missing: $?"
kind create cluster --config kind.yaml --kubeconfig new/config -q
echo "quiet: $?"
kubectl --kubeconfig new/config config current-context
kind get clusters
kind delete clusters --all --kubeconfig new/config
kubectl --kubeconfig new/config config get-contexts -o name
echo "kind: Cluster" | kind create cluster --config - || echo "no version: $?"
kind create cluster --name Bad_Name || echo "bad name: $?"
