#!/bin/bash
retry() {
  for attempt in 1 2; do
    if cub unit apply web --space prod; then
      return 0
    fi
    echo "attempt $attempt did not work"
  done
  echo "gave up"
  return 0
}
if ! retry; then
  exit 1
fi
