#!/bin/bash
set -e
cub link create web-to-ns web ns-us --space us
cub link create cache-to-ns cache ns-us --space us
for unit in web cache store; do
  cub unit apply $unit --space us
done
