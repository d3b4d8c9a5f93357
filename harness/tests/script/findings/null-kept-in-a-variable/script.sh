#!/bin/bash
set -e
id=$(cub space get dev --json | jq -r '.space_id')
echo "Space ID: $id"
slug=$(cub space get dev --json | jq -r '.slug')
if [ "$slug" = null ]; then slug=dev; fi
cub unit list --space "$slug" --json 2>/dev/null | jq '[.[] | select(.UpstreamUnitID != null)] | length'
