#!/bin/sh
kubectl args "it's" 'a b'
env | grep -c STAGEGATE_AT
A=b kubectl args "$A" x
exec_it() { exec kubectl exit 7; }
(exec_it); echo "status $?"
timeout 5 kubectl exit 3; echo "status $?"
kubectl stdin <<EOF
kubectl stays
EOF
x="$(kubectl args 'in quotes')" && echo "$x"
if kubectl exit 1; then echo yes; else echo no; fi
echo '{"a":1}' | jq .a | while read -r n; do echo "n $n"; done
command kubectl exit 4 || echo "or $?"
