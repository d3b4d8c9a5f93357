#!/bin/bash
case "${0##*/} $*" in
  *unit*)
cat >&2 <<'EOF'
Failed: space p not found
EOF
exit 1
    ;;
  *space\ create*)
cat >&2 <<'EOF'
Failed: HTTP 500 for req 1: internal error
EOF
exit 1
    ;;
esac
