#!/bin/bash
echo one
set -x
echo "two $(echo in)"
kubectl exit 3
echo "status $?"
f() { echo f; kubectl args a; }
f
{ set +x; } 2>/dev/null
echo three
set -eux
x=$(echo sub)
(set +x; echo quiet)
set -x
! kubectl exit 1
set +x
echo end
set +x
false || echo last
PS4='>> ${LINENO}: '
set -o xtrace
echo mine
set +o xtrace
bash -x -c 'echo inner; kubectl args b'
