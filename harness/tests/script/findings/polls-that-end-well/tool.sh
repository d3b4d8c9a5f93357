#!/bin/bash
# What is asked for is there at the third look; `absent` never is, and `six` is gone then.
name=$3
looks=$(cat "looks-$name" 2>/dev/null || echo 0)
echo $((looks + 1)) >"looks-$name"
case "$*" in
  *absent*jsonpath*) exit 0 ;;
  "apply"* | "port-forward"* | "rollout"*) echo done ;;
  *absent*) echo "Error from server (NotFound): \"$name\" not found" >&2; exit 1 ;;
  *restarts*) printf 0 ;;
  *jsonpath*) [ "$looks" -lt 2 ] && printf 2 || printf 3 ;;
  "get pods"*) echo pod/shop ;;
  *six*) [ "$looks" -lt 2 ] || { echo 'Error from server (NotFound): namespaces "six" not found' >&2; exit 1; } ;;
  *) [ "$looks" -ge 2 ] || { echo "Error from server (NotFound): \"$name\" not found" >&2; exit 1; } ;;
esac
