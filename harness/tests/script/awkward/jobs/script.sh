#!/bin/bash
for i in 3 4 5; do kubectl exit $i & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; echo $?; done
kubectl exit 6 & wait -n; echo $?
( kubectl exit 7 ) & wait $!; echo $?
jobs
{ kubectl out 1; kubectl exit 8; } & wait $!; echo $?
