#!/bin/bash
f() {
  local x=$(false)
  if [ $? -eq 0 ]; then echo "got $x"; fi
}
f
cub unit list || true
if [ $? -eq 0 ]; then echo listed; fi
if [ -n $NOTHING ]; then echo set; fi
if [ "a"="b" ]; then echo same; fi
if cub unit list | tee list.txt; then echo ok; fi
cub unit list | tee -a list.txt || exit 1
if kubectl get ingress >/dev/null; then echo "ingress found"; fi
if [ "$1" = x ] || [ 1 -eq 2 ]; then echo never; fi
while true; do break; done
if cub unit list | grep -q unit; then echo there; fi
