#!/bin/bash
set -e
cat <<EOF | kubectl apply -f -
kind: X
EOF
echo done
