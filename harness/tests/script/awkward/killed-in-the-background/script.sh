#!/bin/bash
kubectl wait 2>/dev/null &
pid=$!
kubectl out 1
kill $pid
wait $pid
echo $?
