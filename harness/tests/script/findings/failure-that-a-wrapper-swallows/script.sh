#!/bin/bash
set -e
quietly() {
  "$@" >/dev/null 2>&1 || true
}
quietly cub unit create web --space s web.yaml
quietly kubectl apply -f web.yaml
echo finished
