#!/bin/bash
set -e
cub unit apply x
if [ $? -ne 0 ]; then
  echo "failed"
  exit 1
fi
f() {
  cub unit apply y
  if [ $? -ne 0 ]; then return 1; fi
}
if f; then echo applied; fi
set +e
cub unit apply z
if [ $? -ne 0 ]; then echo failed; exit 1; fi
