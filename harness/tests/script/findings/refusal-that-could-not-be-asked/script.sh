#!/bin/bash
set -eo pipefail
# Of what is not there, no log has an error.
if kubectl logs deployment/absent -n shop 2>/dev/null | grep ERROR; then exit 1; fi
echo "✅ no errors in the log"
# Nobody answered.
if kubectl get pods -n shop >/dev/null 2>&1; then exit 1; fi
# What is set when it works says nothing about failures.
overrides=0
terraform_ok=0
if kubectl apply -f absent.yaml 2>/dev/null; then overrides=$((overrides + 1)); fi
kubectl apply -f absent-too.yaml 2>/dev/null && terraform_ok=1
if [ "$terraform_ok" = 1 ] || [ "$overrides" = 1 ]; then echo applied; fi
