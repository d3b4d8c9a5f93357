wc short
wc -l short
cat short | wc
cat short | wc -l
wc -lw short numbers
wc absent; echo $?
cat short | wc -c -
echo é | wc -m
wc -lmc short absent numbers; echo $?
