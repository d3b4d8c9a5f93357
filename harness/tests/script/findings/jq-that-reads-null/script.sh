#!/bin/bash
set -eo pipefail
unit=$(cub unit get web --json); id=$(jq -r .id <<<"$unit")
echo "✓ Updated $id"
same=$(cub unit get web --space dev --jq .UnitId)
name=$(cub unit get web --json | jq -r .Slug)
cub unit get web --json | jq .Labels
for _ in 1 2 3; do
  ready=$(kubectl get deployment "$name" -o json | jq -r .status.readyReplicas)
  if [ "$ready" = 1 ]; then break; fi
done
. ./lib.sh
