#!/bin/bash
set -e
sets=$(cub set list --space null 2>/dev/null | wc -l)
echo "✓ $sets sets configured"
cub set list --space null 2>/dev/null | head -1
units=$(cub unit list --space dev | wc -l)
echo "✓ $units units"
cub unit apply a --space dev 2>/dev/null || echo "Applied"
cub unit apply b --space dev 2>/dev/null || echo "Applied"
echo "✓ Destroying units of dev..."
kubectl get nodes >/dev/null
echo "✅ ConfigHub is good for you!"
echo "✅ Audit trail: complete history of who changed what"
echo "✅ Audit trail: every change is tracked with who and when"
