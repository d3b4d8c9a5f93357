#!/bin/bash
case "${0##*/} $*" in
  *)
cat >&2 <<'EOF'
error: You must be logged in to the server (Unauthorized)
EOF
exit 1
    ;;
esac
