#!/bin/bash
set -e
for x in $(kubectl get x); do
  echo "$x"
done
