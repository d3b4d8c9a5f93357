#!/bin/bash
echo one
cp no-such-file elsewhere
grep -q x /dev/null
test -f no-such-file
[ -d no-such-folder ]
no-such-command
echo done
