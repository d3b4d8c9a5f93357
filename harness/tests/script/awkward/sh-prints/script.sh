#!/bin/sh
set -u
trap 'echo "trap $?"' EXIT
. ./lib.sh
echo
echo -n "no end"; echo " end"
echo 'a\tb\\c\0101' "d\te\nf" g\\nh -n
echo "costs \$5 \`no\` \"quoted\" it's" 'it'\''s'
printf '%s=%d %5.1f|%-4s|\n' one 1 2.5 x two 2 3.5 y
printf "%s\n" "%s" '\n' ""
printf '%b' 'x\ty\n'
printf '%d\n' abc
echo "printf $?"
printf --
printf
echo "usage $?"
echo "two
lines" 'three
  more
lines' four\
five "con\
tinued"
echo after, at line 24 or so "${LINENO:-}"
echo piped | tr a-z A-Z
{ echo one; echo two >&2; echo three; } 2>&1 | sort
x=$(echo "in  it"; echo end); echo "$x"
echo "$(echo nested "$(printf %s deep)") $(kubectl args in) $(false; echo $?)"
echo "back `echo quoted "$x"` `printf '%s' two`"
echo filed >file; echo more >>file; >file2 echo before; cat file file2
kubectl args "$(cat file)"
echo to nobody >/nonexistent/file
echo "not written $?"
count=0
echo $((count += 1)) $((count = count + 1)) "$((count))"
echo "$count"
unset y; echo "${y:-given} ${y:=made} ${y} ${y:+there} ${x#in} $(: ${z:=lost})${z-none}"
give() { return "$1"; }
give 7; echo "status $?" $? "${?}"
false; echo "$?$?" | cat
set -- "a  b" '*' "c
d"
echo "$@"
echo "$*" $1 $#
printf '[%s]\n' "$@"
say() { echo "$@"; printf '%s;' "$@"; echo; }
say -n "a  b" \\n
shout loud "$2"
IFS=, echo "$*"
(IFS=,; echo "$*")
ls -d * | grep -c . >/dev/null && echo *.sh
if [ -n "$x" ]; then echo "last of if"; else echo never; fi
if echo tested >/dev/full; then echo never; else echo "full $?"; fi
! echo not
echo "not $?"
while read -r line; do echo "line $line"; done <file
for i in 1 2; do echo "$i"; done >/dev/null
case a in a) echo a ;; esac
sh -c 'echo "$0 $1"' zero one
./inner.sh "p q" r || echo "inner $?"
command echo "by command"; exec 3>&1; echo third >&3; echo gone >&4
env | grep -c STAGEGATE_SAYS
echo "é ✓ 中"; printf '%s\n' "✓"
echo behind & wait; echo "waited $?"
cat <<END
here $(echo doc) $x
END
eval 'echo "in eval"'
true && echo and || echo never; false && echo never || echo or
set -e
echo checked || true
(echo in subshell; exit 3) || echo "subshell $?"
f() { echo in f; false; echo still; }
if f; then echo f; fi
echo "closed" >&- || echo "closed $?"
printf '%d\n' nan
echo never
