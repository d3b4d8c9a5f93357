#!/bin/bash
IFS=: read -r name rest <<< "a:b"
while read -r line; do echo "$line"; done < <(printf 'x\ny\n')
read_all() { while read -r word; do echo "$word"; done; }
read_all < "$0" | tail -1
echo z | ./inner.sh
