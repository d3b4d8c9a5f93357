#!/bin/bash
run() { eval "$*"; echo "status $?"; }
run kubectl exit 3
run 'kubectl out 1 | cat'
run 'for i in 1 2; do kubectl args $i; done'
cmd="kubectl args 'a b'"
$cmd
eval "$cmd"
bash -c 'f() { kubectl exit 4; }; f || echo "or $?"' name
bash -ec 'kubectl exit 5; echo never'
echo $?
bash -s one <<'END'
kubectl args "$1" "$0"
END
declare -f run | head -1
echo "$LINENO"
