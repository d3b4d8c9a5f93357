#!/bin/bash
. ./lib.sh
kubectl apply -f out.yaml
cp out.yaml /no-such-folder/web.yaml
kubectl get pods >/dev/null 2>&1 | cat
rm out.yaml
deploy
echo "on and on"
