#!/bin/bash
f() {
  kubectl stdin <<-END
	tabs are gone $1
	END
}
f x
kubectl stdin <<A; kubectl stdin <<'B'
first $((1 + 1))
A
second $((1 + 1))
B
cat <<END | kubectl stdin
piped `kubectl out 1`
END
read -r -d '' text <<END
one
two
END
kubectl args "$text"
