#!/bin/sh
case "$*" in
  "space get "*) if [ -e "made-$3" ]; then echo "$3"; else echo "Failed: space $3 not found" >&2; exit 1; fi ;;
  "space create "*) : >"made-$3"; echo "Successfully created space $3" ;;
  *) echo "Successfully created link a" ;;
esac
