#!/bin/bash
set -e
while kubectl get x; do
  break
done
echo done
