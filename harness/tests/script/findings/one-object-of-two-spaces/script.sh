#!/bin/bash
set -e
for region in us eu; do
  cub unit apply reference-data --space prod-$region
done
cub unit apply trade-service --space prod-us
cub unit apply trade-service --space prod-us
