sort requests
sort -r short numbers
printf_is_absent 2>/dev/null; cat short numbers short | sort -u
cat numbers | sort | head -n 3
sort absent short; echo $?
echo b | sort - short
