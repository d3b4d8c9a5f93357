#!/bin/sh
echo "inner $0 $#"
printf '%s\n' "$@"
exit 4
