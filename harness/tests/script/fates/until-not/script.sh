#!/bin/bash
set -e
until ! kubectl get x; do
  break
done
echo done
