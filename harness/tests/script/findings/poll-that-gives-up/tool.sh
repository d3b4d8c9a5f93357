#!/bin/sh
case "$*" in
  *absent*"-o name") ;;
  *absent*) echo 'Error from server (NotFound): "absent" not found' >&2; exit 1 ;;
  *jsonpath*) printf 2 ;;
  "target list"*) echo 'NAME    WORKER    PROVIDERTYPE    SPACE' ;;
  *) echo 'shop   2/2' ;;
esac
