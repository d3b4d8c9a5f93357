#!/bin/bash
f() {
  local x
  x=$(kubectl exit 3)
  echo "local $?"
  kubectl exit "$1"
}
f 5
echo $?
f 6 | cat
echo "${PIPESTATUS[0]}"
