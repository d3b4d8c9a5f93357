#!/bin/bash
((1 > 2)) || echo "arith $?"
[[ a == b ]] || echo "test $?"
let n=0 || echo "let $?"
x=$((1 / 0)) 2>/dev/null
echo "after $?"
select x in a b; do echo "$x"; done < /dev/null
echo "select $?"
printf '%s\n' "${BASH_LINENO[@]}" "${#FUNCNAME[@]}"
