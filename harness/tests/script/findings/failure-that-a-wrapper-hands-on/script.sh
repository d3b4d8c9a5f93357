#!/bin/bash
set -e
run() {
  echo "+ $*"
  "$@"
}
run cub unit create web --space s web.yaml || { echo "no unit" >&2; exit 1; }
echo finished
