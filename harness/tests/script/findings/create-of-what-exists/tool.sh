#!/bin/bash
case "${0##*/} $*" in
  kubectl*)
cat >&2 <<'EOF'
Error from server (AlreadyExists): namespaces "x" already exists
EOF
exit 1
    ;;
  cub*)
cat >&2 <<'EOF'
Failed: no response body from server for req 1
EOF
exit 1
    ;;
esac
