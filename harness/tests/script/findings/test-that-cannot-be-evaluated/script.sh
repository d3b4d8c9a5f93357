#!/bin/bash
count=$(grep -c x /dev/null || echo 0)
if [ "$count" -gt 0 ]; then
  echo some
fi
echo done
