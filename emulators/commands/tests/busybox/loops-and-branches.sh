if true; then echo yes; else echo no; fi
if false; then echo yes; elif ! false; then echo between; else echo no; fi
if false; then echo yes; fi; echo $?
while false; do echo never; done; echo $?
until true; do echo never; done && echo done
until
  # up to the first round
  false || exit_is_not_here 2>/dev/null || true
do
  echo never
done
while true; do echo once; break; echo never; done; echo $?
if ! test -e absent && [ a = a ]; then echo both; fi
until false; do false; break; done; echo $?
if false; then :; else false; fi; echo $?
if true; then false; fi || echo failed
while ! false; do exit 4; done | cat; echo $?
echo if then done fi
if true; then while true; do if true; then break; fi; done; echo out; fi
if [ -f requests ] && [ -s requests ] && [ -e requests ]; then echo there; fi
test ! -f absent && echo absent
[ ! -d requests ] && echo no folder
false; while if [ $? -ne 0 ]; then continue; fi; break; do echo never; done; echo $?
