#!/bin/bash
IFS=: read -r name rest <<< "a:b"
while read -r line; do echo "$line"; done < <(printf 'x\ny\n')
printf '1\n2\n' | while read -r number; do echo "$number $name $rest"; done
read_all() { while read -r word; do echo "$word"; done; }
read_all < "$0" | tail -1
echo z | ./inner.sh
