head numbers
head -n 2 numbers | cat
head -2 numbers
head -n -10 numbers
head -c 3 numbers
head -q -n1 short numbers
head -n1 short numbers
head -v -n1 short
head absent; echo $?
head -n x short; echo $?
tail numbers
tail -n 2 numbers; echo
tail -1 numbers; echo
tail -n +11 numbers; echo
tail -c 3 numbers; echo
tail -n1 short numbers; echo
tail absent; echo $?
cat numbers | head -n 3 | tail -n 1
