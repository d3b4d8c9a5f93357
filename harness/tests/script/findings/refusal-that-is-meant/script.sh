#!/bin/bash
# Each of these ends the script if the command works: none of them is to work.
set -e
failed=0
if cub unit apply nosuch --space shop; then echo "should be refused" >&2; exit 1; fi
if cub unit apply nosuch --space shop 2>err.txt; then exit 1; else echo "as expected: $(cat err.txt)"; fi
if ! cub unit apply nosuch --space shop; then echo "refused, as it should be"; else exit 1; fi
cub unit apply nosuch --space shop && exit 1
cub unit apply nosuch --space shop && { echo "must be refused"; exit 1; }
! cub unit apply nosuch --space shop || exit 1
refused() { if "$@" >/dev/null 2>&1; then return 1; fi; }
refused cub unit apply nosuch --space shop
if cub unit apply nosuch --space shop; then
  echo "it was applied"
  failed=$((failed + 1))
fi
if kubectl auth can-i delete nodes --as=system:serviceaccount:shop:default; then exit 1; fi
kubectl auth can-i create pods -n shop || echo "no pods for us"
! kubectl get configmap gone -n shop >/dev/null 2>&1
if kubectl get deployment shop -n default >/dev/null 2>&1; then echo "must not be in default"; exit 1; fi
kubectl get deployment shop -n default && { echo "must not be in default"; exit 1; }
kubectl get pods -n shop --field-selector=status.phase=Failed --no-headers
kubectl get events -n shop --field-selector type=Warning --no-headers
if [ "$failed" -gt 0 ]; then exit 1; fi
