#!/bin/bash
cub unit list --space dev --where "Slug = 'web'" --names | grep -q .
echo "✓ Units are there"
kubectl get pods -l app=web -o name | sort | grep . >/dev/null
./inner.sh
echo end
