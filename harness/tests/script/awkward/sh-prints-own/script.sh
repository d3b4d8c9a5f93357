#!/bin/sh
# Its own function of that name, and prints where nothing else stands.
echo() { command printf 'own %s\n' "$*"; }
echo "hi" "$@"
printf() { command printf "$@" | tr a-z A-Z; }
printf '%s\n' x
unset -f printf
printf '%s\n' y
alias say=echo
say "aliased $?"
sh -c "echo plain"
exec sh -c 'echo "$1"' sh 'last word'
