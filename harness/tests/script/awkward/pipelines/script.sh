#!/bin/bash
kubectl out 3 | while read -r a b; do kubectl args "$a-$b"; n=$b; done
echo "n is ${n-unset}"
shopt -s lastpipe
kubectl out 3 | while read -r a b; do n=$b; done
echo "n is $n"
kubectl exit 2 | kubectl exit 3 | kubectl exit 0
echo "${PIPESTATUS[*]}"
! kubectl exit 1 | cat
echo $?
kubectl both |& cat -n
{ kubectl out 1; kubectl exit 5; } | cat; echo "${PIPESTATUS[0]}"
time -p true 2>/dev/null
