#!/bin/bash
cat >kind.yaml <<END
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
  extraPortMappings:
  - containerPort: 80
    hostPort: 80
END
kind create cluster --config kind.yaml; echo "port mappings: $?"
kind create cluster --image kindest/node:v1.29.0; echo "another version: $?"
kind export logs; echo "logs: $?"
kind load image-archive images.tar; echo "archive: $?"
kind create cluster --name one 2>/dev/null; echo "one: $?"
kind create cluster --name two; echo "two: $?"
kind get kubeconfig --name one --internal; echo "internal: $?"
kind delete cluster --name one
kind create cluster --name one; echo "anew: $?"
kind get cluster; echo "a mistake: $?"
