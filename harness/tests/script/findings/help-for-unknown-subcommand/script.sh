#!/bin/bash
set -e
cub unit live-state reference-data --space p >/dev/null 2>&1
state=$(cub unit status)
echo "${#state}"
echo "✅ reference-data is live"
