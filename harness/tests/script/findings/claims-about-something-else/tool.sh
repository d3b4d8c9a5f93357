#!/bin/sh
case "$*" in
"unit list"*) echo "a" ;;
*) echo 'Failed: HTTP 404: not found' >&2; exit 1 ;;
esac
