#!/bin/sh
if ! jq --no-such-option .; then
  echo "jq failed"
fi
timeout 5 kubectl delete namespace x --now
