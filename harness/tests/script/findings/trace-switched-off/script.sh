#!/bin/bash
{ set +x; } 2>/dev/null
kubectl get secret x || true
ls /no/such/file 2>/dev/null
set -x
kubectl get secret y || true
set +x
kubectl get secret z | cat
exit 0
