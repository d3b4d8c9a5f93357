#!/bin/bash
eval 'kubectl exit 3; echo $?'
bash -c 'kubectl args "$0" "$1"' x 'y z'
bash <<'EOF'
kubectl exit 2
echo $?
EOF
