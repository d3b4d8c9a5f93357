#!/bin/bash
printf 'one\ntwo\nthree\n' | while read -r line; do
  kubectl args "$line"
done
printf 'a\nb\n' | { kubectl stdin; echo rest; cat; }
