#!/bin/bash
set -e
if cub unit list --space dev --where "Slug = 'web'" --names | grep -q .; then
  echo "there is one"
else
  echo "there is none"
fi
if ! kubectl get pods -l app=web -o name | grep -q .; then
  echo "no pods"
fi
kubectl get pods -l app=web -o name | grep -q . || kubectl create deployment web --image nginx
kubectl get pods -l app=web -o name | grep -q . || echo "no pods yet"
kubectl get pods -l app=web -o name | grep -q . && echo "there"
if [ "$(kubectl get pods -l app=web -o name | wc -l)" -eq 0 ]; then echo none; fi
count=$(kubectl get pods -l app=web -o name | wc -l)
echo "$count pods"
kubectl get pods -l app=web -o name | wc -l
tries=0
until cub unit list --space dev --names | grep -q . || [ $tries -ge 2 ]; do tries=$((tries + 1)); done
kubectl get pods -l app=web -o name | while read -r pod; do kubectl delete "$pod"; done
kubectl get pods -l app=web | grep web || true
