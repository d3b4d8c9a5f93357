#!/bin/bash
while read -r line; do echo "$line"; done < <(printf 'x\ny\n')
printf '1\n2\n' | while read -r number; do echo "$number"; done
print() { part=$(echo "$1"); echo "$part"; }
print a | cat
grep -q nothing "$0.no" 2>/dev/null
print b | while read -r word; do echo "$word"; done
