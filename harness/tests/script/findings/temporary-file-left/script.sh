#!/bin/bash
set -e
manifest=$(mktemp)
kubectl get secret worker -o yaml > "$manifest"
folder=$(mktemp -d "${TMPDIR:-/tmp}/work.XXXXXX")
touch "$folder/state"
kubectl apply -f "$manifest"
