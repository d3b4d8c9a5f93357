#!/bin/bash
kubectl exit 4 &
wait $!
echo $?
kubectl out 1 &
kubectl out 1 &
wait
echo $?
