#!/bin/bash
set -e
cub space create dev || true
echo "✓ Created dev"
echo "If something is not ready, run ./deploy"
cub unit create a --space dev
echo "✅ Unit created"
echo "Next: deploy"
