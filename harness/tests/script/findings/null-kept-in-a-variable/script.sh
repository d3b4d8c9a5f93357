#!/bin/bash
set -e
space=$(cub space get dev --json); id=$(jq -r '.space_id' <<<"$space")
echo "Space ID: $id"
slug=$(jq -r '.slug' <<<"$space")
if [ "$slug" = null ]; then slug=dev; fi
cub unit list --space "$slug" --json 2>/dev/null | jq '[.[] | select(.UpstreamUnitID != null)] | length'
