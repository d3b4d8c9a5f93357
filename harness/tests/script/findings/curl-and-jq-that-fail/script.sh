#!/bin/bash
curl -sf http://127.0.0.1:1/health || true
echo 'no json' | jq -r '.items[].name' | sort
name=$(echo 'no json' | jq -r .name)
echo "name is $name"
jq -n '.a |' 2>/dev/null
echo ok
