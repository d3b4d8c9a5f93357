#!/bin/bash
set -eo pipefail
id=$(cub unit get web --json | jq -r .id)
echo "✓ Updated $id"
same=$(cub unit get web --space dev --jq .UnitId)
name=$(cub unit get web --json | jq -r .Slug)
cub unit get web --json | jq .Labels
for _ in 1 2 3; do
  ready=$(kubectl get deployment "$name" -o json | jq -r .status.readyReplicas)
  if [ "$ready" = 1 ]; then break; fi
done
. ./lib.sh
