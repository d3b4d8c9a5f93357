#!/bin/bash
set -e
cat > lib.sh <<'EOF'
kubectl get x
echo sourced
EOF
source ./lib.sh
echo done
