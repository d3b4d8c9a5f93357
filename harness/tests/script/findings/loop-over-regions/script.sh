#!/bin/bash
set -e
for region in us eu asia; do
  cub unit create reference-data --space "p-$region" --data k8s.yaml >/dev/null 2>&1 || true
done
