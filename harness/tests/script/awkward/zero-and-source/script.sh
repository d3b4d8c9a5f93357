#!/bin/bash
echo "$0 ${BASH_SOURCE[0]} $#"
./inner.sh a "b c"
source ./lib.sh
f
