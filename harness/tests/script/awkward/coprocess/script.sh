#!/bin/bash
coproc kubectl stdin
echo hi >&"${COPROC[1]}"
exec {COPROC[1]}>&-
cat <&"${COPROC[0]}"
wait
