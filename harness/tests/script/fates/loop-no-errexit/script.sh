#!/bin/bash
for i in 1 2; do
  [ $i = 2 ] && continue
  kubectl get x
done
echo done
