#!/bin/bash
set -e
wait_for() {
  for i in 1 2; do
    [ -f "$1" ] && return 0
  done
  echo "$1 is not there"
  return 1
}
wait_for no-such-file || true
total=0
count() {
  if [ ! -f "$1" ]; then
    total=$((total + 1))
    return 1
  fi
}
count no-such-file || true
if [ $total -gt 5 ]; then exit 1; fi
echo done
