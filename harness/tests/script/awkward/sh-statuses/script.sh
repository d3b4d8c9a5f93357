#!/bin/sh
set -u
count=0
grep nothing /dev/null
echo "status $?"
if [ 1 -eq 2 ]; then echo never; elif test 2 -eq 2; then echo "two $?"; fi
until [ "$count" -ge 3 ]; do count=$((count + 1)); done
ls missing 2>/dev/null || echo "or $?"
grep nothing /dev/null && echo never
echo "and $?"
! grep nothing /dev/null
echo "not $?"
false | cat
echo "pipe $?"
cat </dev/null | grep nothing
echo "last of pipe $?"
x=$(ls missing 2>/dev/null)
echo "substituted $? '$x'"
x=$(grep nothing /dev/null; echo "in $?")
echo "$x"
(exit 7)
echo "subshell $?"
work() { grep nothing /dev/null; }
work
echo "function $?"
give() { return 9; }
give
echo "gives $?"
case $(basename /a/b) in b) grep nothing /dev/null ;; esac
echo "case $?"
for word in "a b" c; do test "$word" = c; done
echo "loop $?"
sed -n '2p' <<END
one
two
END
rm missing 2>&1 | sed 's/.*: //'
sleep 30 &
kill $!
wait $!
echo "killed $?"
bash ./run-by-bash.sh
trap 'echo "trap $?"' EXIT
sh -c 'exit 3'
echo "shell $?"
{ test -z full; echo "group $?"; } >&2
set -e
if work; then echo never; else echo "tested $?"; fi
work || echo "handled $?"
test -n ""
echo never
