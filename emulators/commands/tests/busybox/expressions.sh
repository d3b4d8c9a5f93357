grep 'a (b)' requests | wc -l
grep -E 'a (b)' requests | wc -l
grep -E 'a \(b\)' requests | wc -l
grep '\(GET\|POST\) /[a-z]' requests
grep -E '(GET|POST) /[a-z]' requests
grep 'a+b' requests | wc -l
grep 'a\+b' requests | wc -l
grep -F 'a|b' requests | wc -l
grep '*x' requests | wc -l
grep '$y z^' requests | wc -l
grep '^GET.*200$' requests
grep '[^0-9]200' requests
grep '[[:digit:]]\{3\}$' requests
grep -E '[0-9]{3}$' requests
grep '{2}' requests | wc -l
grep '[]]' requests | wc -l
grep '[[]c' requests | wc -l
grep 'b\?c' short
grep '\<h' requests
grep -E 'T|error' requests | wc -l
grep 'a[' short; echo $?
grep -E '(a' short; echo $?
grep '\.' requests; echo $?
