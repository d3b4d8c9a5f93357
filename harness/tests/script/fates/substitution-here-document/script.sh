#!/bin/bash
set -e
cat <<EOF
$(kubectl get x)
EOF
