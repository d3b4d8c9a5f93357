#!/bin/sh
case "$*" in
  logs*) echo 'error: resource name may not be empty' >&2; exit 1 ;;
esac
