#!/bin/bash
X=1 kubectl args a
env X=1 kubectl args b
command kubectl args c
printf 'd\ne\n' | xargs -n1 kubectl args
timeout 0.2 kubectl wait
echo $?
timeout 5 kubectl exit 8
echo $?
nohup kubectl args f 2>/dev/null
type -t kubectl
command -v kubectl >/dev/null
echo $?
