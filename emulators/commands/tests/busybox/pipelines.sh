echo b | false; echo $?
false | echo b; echo $?
exit 3 | cat; echo $?
nothing-of-the-kind | cat; echo $?
nothing-of-the-kind 2>&1 | cat; echo $?
cat absent requests | grep healthz; echo $?
cat absent 2>/dev/null | wc -l
echo a |
  cat &&
  echo b || echo c
echo a | grep b && echo c || echo d | cat
echo "a | b" '| c' | cat | cat
echo 'echo from a pipe' | sh
echo a 2>/dev/null | cat - short
true | grep -q x; echo $?
exit 4 | exit 5
