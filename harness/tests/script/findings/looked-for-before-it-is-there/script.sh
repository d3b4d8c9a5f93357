#!/bin/bash
for region in us eu; do
  cub unit create web --space $region web.yaml
done
cub unit apply web --space us
if ! kubectl get deployment web -n eu; then
  echo "not yet" >&2
  exit 1
fi
