#!/bin/bash
source ./part.sh one two
echo "returned $?"
. ./part.sh
echo "returned $?"
( source ./part.sh sub; echo "in $?" )
source ./missing.sh 2>/dev/null || echo "no file $?"
