grep GET requests
grep -c GET requests
grep -v GET requests
grep -i get requests | wc -l
grep -n 500 requests
grep -in post requests short
grep nothing requests; echo $?
grep a absent; echo $?
grep a absent short; echo $?
grep -s a absent; echo $?
grep -q a absent short; echo $?
grep -l a short numbers requests
grep -h a short requests
grep -H c short
cat short | grep -H c
grep -o '[0-9]*' requests
grep -on 'T' requests
grep -m1 GET requests
grep -x c short
grep -x '1' numbers
grep -w 1 numbers
grep -w GET requests
grep -e POST -e healthz requests
grep -ce 200 requests
grep -- GET requests
grep '' short
