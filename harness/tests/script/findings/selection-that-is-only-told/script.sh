#!/bin/bash
set -e
pod=$(kubectl get pods -n shop -l app=shpo -o name | head -1)
echo "✅ pod $pod is running"

other=$(kubectl get pods -n shop -l app=other -o name | head -1)
if [ -z "$other" ]; then
  echo "there is no other"
fi
echo "other: $other"

count=$(kubectl get pods -n shop -l app=gone -o name | wc -l)
echo "$count pods are left"

spare=$(kubectl get pods -n shop -l app=spare -o name | head -1)
echo "spare: ${spare:-none}"


old=$(kubectl get pods -n shop -l app=old -o name)
echo "old: $old"
for one in $old; do kubectl delete "$one" -n shop; done

late=$(kubectl get pods -n shop -l app=late -o name)
copy="$late"
echo "late: $late"
if [ -z "$copy" ]; then echo "none is late"; fi

kept=$(kubectl get pods -n shop -l app=kept -o name)
echo "$kept" >kept.txt

handed=$(kubectl get pods -n shop -l app=handed -o name)
export handed
echo "handed: $handed"
