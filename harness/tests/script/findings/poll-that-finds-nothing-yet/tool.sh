#!/bin/bash
# Registered at the third look.
rounds=$(cat rounds 2>/dev/null || echo 0)
echo $((rounds + 1)) >rounds
echo 'NAME    WORKER    PROVIDERTYPE    SPACE'
[ "$rounds" -lt 2 ] || echo 'k8s-p   p         Kubernetes      p'
