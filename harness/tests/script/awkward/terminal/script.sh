#!/bin/bash
for fd in 0 1 2; do [ -t $fd ] && echo "$fd is a terminal" || echo "$fd is none"; done
tty
( : < /dev/tty ) 2>/dev/null && echo tty || echo no tty
kubectl out 1 | { [ -t 1 ] || echo piped; cat; }
