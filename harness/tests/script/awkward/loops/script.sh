#!/bin/bash
for i in 1 2 3; do
  kubectl exit $i || continue
  echo never
done
n=0
until kubectl exit $((2 - n)); do
  n=$((n + 1))
done
echo $n
while kubectl exit $n; do break; done
echo $?
case $(kubectl out 1) in
  line*) echo matched ;;
esac
