#!/bin/bash
export TERM=dumb
watch --no-such-option true >/dev/null 2>&1; echo "status $?"
watch -e -n 1 true --nothing 2>/dev/null >&2 & 
kill $!; wait $! 2>/dev/null; echo "status $?"
watch -h 2>/dev/null | head -1 | grep -c .
