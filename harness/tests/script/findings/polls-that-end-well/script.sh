#!/bin/bash
set -e
for i in $(seq 1 9); do kubectl get service one -n shop >/dev/null 2>&1 && break; sleep 0.1; done

until kubectl get service two -n shop >/dev/null 2>&1; do sleep 0.1; done

n=0
until kubectl get service three -n shop >/dev/null 2>&1; do
  n=$((n + 1))
  if [ "$n" -ge 9 ]; then
    echo "no service three" >&2
    exit 1
  fi
  sleep 0.1
done

while true; do
  ready=$(kubectl get deployment four -n shop -o jsonpath='{.status.readyReplicas}')
  if [ "$ready" = 3 ]; then
    echo "three are ready"
    break
  fi
  sleep 0.1
done

wait_for() {
  for i in 1 2 3 4 5; do
    kubectl get deployment "$1" -n shop >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  echo "no $1" >&2
  return 1
}
wait_for five
if ! wait_for absent; then echo "made without it"; kubectl apply -f absent.yaml; fi

# Whether there is an address decides how it is reached.
address=""
for i in 1 2 3; do
  address=$(kubectl get service absent -n shop -o jsonpath='{.status.loadBalancer.ingress[0].ip}' 2>/dev/null || true)
  [ -n "$address" ] && break
  sleep 0.1
done
if [ -z "$address" ]; then
  kubectl port-forward service/shop 8080:80 -n shop
fi

found=""
for i in 1 2 3; do
  if kubectl get pods -n shop -o name | grep -q never; then found=yes; break; fi
done
[ "$found" = yes ] || kubectl apply -f never.yaml

# Each round another question: it is searched, not waited.
for name in absent other absent-too; do
  if kubectl get deployment "$name" -n shop >/dev/null 2>&1; then
    echo "found $name"
    break
  fi
done

while kubectl get namespace six >/dev/null 2>&1; do sleep 0.1; done
echo "✅ done"

# It is to stay as it is, each time.
for i in 1 2 3; do
  if ! kubectl get deployment seven -n shop >/dev/null 2>&1; then
    [ "$i" -lt 3 ] || { echo "seven is lost" >&2; exit 1; }
  fi
done
for i in 1 2 3; do kubectl get pods -n shop -o name | grep -q CrashLoop && exit 1; done
for i in 1 2 3; do
  restarts=$(kubectl get pods -n shop -o jsonpath='{.items[*].status.restarts}')
  if [ "$restarts" -gt 5 ]; then exit 1; fi
done

seen=""
for i in 1 2; do
  if kubectl get deployment absent -n shop >/dev/null 2>&1; then
    seen=yes
    break
  fi
done
kubectl get pods -n shop
if [[ -z $seen ]]; then kubectl apply -f absent.yaml; fi

for want in other another; do
  if kubectl get pods -n shop -o name | grep -q "/$want$"; then
    echo "found $want"
    break
  fi
done

for i in 1 2; do kubectl get deployment absent -n shop >/dev/null 2>&1 && break; done
kubectl rollout status deployment/shop -n shop --timeout=60s

retry() {
  local n=0
  until "$@" >/dev/null 2>&1; do
    n=$((n + 1))
    if [ "$n" -ge 3 ]; then return 1; fi
    sleep 0.1
  done
}
retry kubectl get deployment absent -n shop || kubectl apply -f absent.yaml
if ! retry kubectl get deployment absent -n shop; then kubectl apply -f absent.yaml; fi
(
  n=0
  until kubectl get deployment absent -n shop >/dev/null 2>&1; do
    n=$((n + 1))
    if [ "$n" -ge 3 ]; then exit 1; fi
  done
) || kubectl apply -f absent.yaml
