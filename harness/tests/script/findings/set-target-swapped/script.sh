#!/bin/bash
set -e
cub unit set-target k8s-p-worker reference-data --space p || true
echo "✓ target set"
