#!/bin/bash
set -e
for region in us eu; do
  cub unit apply web --space prod-$region
done
cub unit apply policies --space prod-eu
