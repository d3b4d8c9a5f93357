#!/bin/bash
set -e
cub space create p-dev --label project=p || true
echo "✓ created"
