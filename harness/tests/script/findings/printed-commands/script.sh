#!/bin/bash
set -e
echo "  1. Change it:"
echo "     echo '{\"spec\":{\"replicas\":2}}' | \\"
echo "       cub unit update trade-service --space dev --patch --from-stdin"
echo "  2. Apply it: cub changeset apply v2"
echo "  cub unit list --space dev"
echo -e "\033[1mCheck worker: kubectl get pods -l app=nothing\033[0m"
echo "cub is a client"
