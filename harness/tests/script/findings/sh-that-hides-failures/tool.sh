#!/bin/sh
case "$*" in
  "get pods") echo "Error from server (Forbidden): pods is forbidden" >&2; exit 1 ;;
  *) echo "Error from server (Forbidden): namespaces is forbidden" >&2; exit 1 ;;
esac
