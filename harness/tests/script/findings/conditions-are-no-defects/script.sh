#!/bin/bash
grep -q x /dev/null || echo "no x"
command -v no-such-command >/dev/null || echo "not installed"
command -v no-such-command >/dev/null && echo installed
[ -f no-such-file ] && echo there
[ -f no-such-file ] || echo "not there"
if [ -d no-such-folder ]; then echo there; fi
if ! diff /dev/null script.sh >/dev/null; then echo different; fi
diff /dev/null script.sh >/dev/null || true
kill -0 999999 2>/dev/null || echo gone
count=$(grep -c x /dev/null || true)
if grep -q x /dev/null; then echo found; else echo none; fi
while [ "$count" -gt 3 ]; do count=0; done
until [ "$count" -eq 0 ]; do count=0; done
((count++))
[[ $count == 7 ]] && echo seven
rm no-such-file 2>/dev/null || true
lines=$(grep x /dev/null | wc -l)
f() { [ -f no-such-file ]; }
f || echo "$lines"
if f; then echo yes; fi
read -r line </dev/null
head -1 script.sh | grep -q nothing && echo nothing
echo done
