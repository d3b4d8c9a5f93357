#!/bin/bash
case "${0##*/} $*" in
  *x)
cat >&2 <<'EOF'
Error from server (NotFound): namespaces "x" not found
EOF
exit 1
    ;;
  *y)
cat >&2 <<'EOF'
Error from server (NotFound): namespaces "y" not found
EOF
exit 1
    ;;
esac
