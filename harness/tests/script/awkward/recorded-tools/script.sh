#!/bin/bash
echo '{"a": {"b": [1, 2]}}' | jq -c '.a.b'
echo '{"a": 1}' | jq -e '.b' >/dev/null || echo "jq said $?"
echo 'no json' | jq . 2>/dev/null; echo "status $?"
printf '{"n":1}\n{"n":2}\n' | jq '.n' | while read -r n; do echo "n=$n"; done
jq -n '[range(0; 100000)]' | head -1
value=$(jq -rn '"x y"'); echo "[$value]"
jq -n '.a |' 2>&1 | sed 's/<[^>]*>//' | head -1
curl -sf file:///no/such/file; echo "status $?"
curl -s file:///dev/null; echo "status $?"
curl -f http://127.0.0.1:1/ 2>/dev/null || true
set -o pipefail
echo '[' | jq . 2>/dev/null | cat; echo "pipe $?"
