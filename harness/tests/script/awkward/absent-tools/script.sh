#!/bin/bash
for tool in kind helm no-such-tool; do
  if command -v "$tool" >/dev/null; then
    echo "$tool is there"
  else
    "$tool" version 2>&1 | sed 's/.*: line/line/'
    "$tool" version 2>/dev/null; echo "status $?"
  fi
done
