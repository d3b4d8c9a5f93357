#!/bin/bash
case "${0##*/} $*" in
  *)
cat >&2 <<'EOF'
Error from server (Forbidden): namespaces "x" is forbidden: User "u" cannot get resource "namespaces" in API group "" in the namespace "x"
EOF
exit 1
    ;;
esac
