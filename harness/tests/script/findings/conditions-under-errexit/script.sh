#!/bin/bash
set -euo pipefail
check() {
  if ! grep -q x /dev/null; then
    return 1
  fi
}
failed=0
check || failed=$((failed + 1))
if check; then echo good; fi
x=$(grep x /dev/null || echo none)
[ "$x" = none ] && echo "$x"
for i in 1 2; do
  [ $i -eq 3 ] && break
  grep -q $i /dev/null && echo $i
done
if [ $failed -gt 3 ]; then exit 1; fi
echo done
