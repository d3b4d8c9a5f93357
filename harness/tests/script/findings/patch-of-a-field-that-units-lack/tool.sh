#!/bin/sh
cat >/dev/null 2>&1 </dev/null
echo "Successfully updated $*"
