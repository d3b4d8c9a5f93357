#!/bin/bash
(kubectl exit 3; echo "in $?")
echo "after $?"
( exit 4 )
echo $?
x=$(kubectl out 2; kubectl exit 1)
echo "$x $?"
{ kubectl exit 7; } && echo no || echo "or $?"
