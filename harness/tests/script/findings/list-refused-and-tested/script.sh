#!/bin/bash
set -e
workers=$(cub worker list --space p-dev || true)
if [[ $workers != *p-worker* ]]; then
  cub worker create p-worker --space p-dev
fi
missing=$(cub worker get p-other --space p-dev || true)
if [[ -z $missing ]]; then
  cub worker create p-other --space p-dev
fi
