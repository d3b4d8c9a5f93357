#!/bin/bash
set -e
cub unit apply reference-data --space dev
kubectl get deployment reference-data -n traderx-dev
