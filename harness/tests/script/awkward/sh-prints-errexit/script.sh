#!/bin/sh -e
echo "begin $?"
f() { echo "f $1" >"$2"; echo "after f"; }
f 1 /dev/stdout
x=$(echo a; false; echo b) || echo "x $x $?"
[ -n "$x" ] && echo "there"
f 2 /dev/full || echo "full $?"
set -f; echo *; set +f
until echo tried; do :; done
echo a | grep -q b || echo "no b"
kill -0 $$ && printf '%s\n' "alive"
echo "last" >/dev/full
echo never
