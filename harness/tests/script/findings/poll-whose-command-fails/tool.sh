#!/bin/bash
case "${0##*/} $*" in
  *)
cat >&2 <<'EOF'
Failed: Get "http://127.0.0.1:9/api/space": dial tcp 127.0.0.1:9: connect: connection refused
EOF
exit 1
    ;;
esac
