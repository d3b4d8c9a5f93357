#!/bin/sh
. ./lib.sh
false; echo ok
grep absent script.sh.d || true
cat missing.yaml >copy 2>/dev/null || echo "no template, going on"
if [ "" -eq 0 ]; then
  echo "none"
fi
if nosuchtool --version; then
  echo "there"
fi
failing | cat
x=$(false; echo value)
test -f absent && echo "is there"
if ls missing >/dev/null 2>&1; then echo found; else echo "not found, fine"; fi
./inner.sh
grep -q absent script.sh || echo "not in it"
mkdir . 2>/dev/null || true
echo "done $x"
