#!/bin/bash
set -e
while read -r line; do
  echo "$line"
done < <(kubectl get x)
