#!/bin/bash
for real in $(type -ap kubectl); do [ -L "$real" ] || break; done
folder=${real%/*}
"$real" get pods || true
env -i "$real" get services
export PATH="$folder:/usr/bin:/bin"
kubectl apply -f app.yaml
echo "applied"
