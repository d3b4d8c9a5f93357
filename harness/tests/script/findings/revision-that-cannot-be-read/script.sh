#!/bin/bash
set -e
roll_back() {
  cub unit get "$1" > unit.txt
  local revision=$(jq -r '.Revision // 0' unit.txt)
  if [ "$revision" -eq 0 ]; then
    echo "$1 has no revisions, skipping..."
    return 0
  fi
  cub unit update "$1" --restore "$((revision - 1))"
}
for unit in backend frontend; do
  roll_back "$unit" || echo "going on"
done
echo "✅ Rollback completed successfully!"
