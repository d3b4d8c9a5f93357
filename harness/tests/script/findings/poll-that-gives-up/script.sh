#!/bin/bash
set -e
for i in $(seq 1 4); do kubectl get service absent -n shop >/dev/null 2>&1 && break; sleep 0.1; done

for i in 1 2 3; do
  if cub target list --space shop 2>/dev/null | grep -q k8s-absent; then
    echo "✅ registered"
    break
  fi
  echo "waiting..."
  sleep 0.1
done

n=0
until kubectl get service absent -n shop >/dev/null 2>&1; do
  n=$((n + 1))
  [ "$n" -ge 3 ] && { echo "giving up, continuing"; break; }
  sleep 0.1
done

waited=0
while [ "$waited" -lt 3 ]; do
  ready=$(kubectl get deployment shop -n shop -o jsonpath='{.status.readyReplicas}')
  [ "$ready" = 3 ] && break
  waited=$((waited + 1))
  sleep 0.1
done

wait_for() {
  local name=$1 i
  for i in 1 2 3; do
    if kubectl get deployment "$name" -n shop >/dev/null 2>&1; then
      return 0
    fi
    sleep 0.1
  done
  echo "⚠️ $name is not there yet"
}
wait_for shop
wait_for absent
wait_for shop

registered=no
for i in 1 2; do
  if [ -n "$(kubectl get pods -n shop -l app=absent -o name)" ]; then
    registered=yes
    break
  fi
done
if [ "$registered" = no ]; then
  echo "⚠️ not registered after two looks, going on"
fi
echo "✅ done"

n=0
while ! kubectl get service absent -n shop >/dev/null 2>&1 && [ "$n" -lt 3 ]; do n=$((n + 1)); done

check() { kubectl get service absent -n shop >/dev/null 2>&1; }
for i in 1 2 3; do check && break; done
echo "the end"
