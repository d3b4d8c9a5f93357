#!/bin/bash
set -e
false | cat
ls no-such-file 2>/dev/null | sort
(exit 3) | cat
echo ok
