#!/bin/bash
set -e
echo '{"spec":{"replicas":5}}' | cub unit update trade-service --space prod --patch --from-stdin
echo '{"Labels":{"tier":"a"}}' | cub unit update trade-service --space prod --patch --from-stdin
cub run set-replicas --replicas 3 --unit trade-service --space prod
kubectl apply -f same.yaml
kubectl delete pod x --ignore-not-found
