#!/bin/bash
run() {
  echo "+ $*"
  if ! "$@"; then
    echo "warning: $1 did not work"
  fi
}
run cub unit create web --space s web.yaml
echo finished
