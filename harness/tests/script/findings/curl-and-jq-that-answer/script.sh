#!/bin/bash
set -e
if curl -sf http://127.0.0.1:1/health; then
  echo healthy
fi
echo '{"a": null}' | jq -e '.a' >/dev/null || echo "no a"
jq -n '[range(0; 100000)]' | head -1 >/dev/null
curl -s file:///etc/passwd | head -1 >/dev/null
echo '{"a": 1}' | jq -r .a
echo '{}' | jq -e .a >/dev/null && echo there
true
