#!/bin/bash
set -E
trap 'echo "error $? in ${FUNCNAME[0]-main}"' ERR
trap 'echo usr1' USR1
f() { trap 'echo leaving f' RETURN; kubectl exit 3; echo "after $?"; trap - RETURN; }
f
( trap 'echo subshell ends $?' EXIT; kubectl exit 4 )
kill -USR1 $$
x=$(kubectl exit 5)
bash -c 'trap "echo inner ends" EXIT; kubectl exit 6'
trap - ERR
trap 'kubectl args at the end; exit 12' EXIT
kubectl exit 1
