#!/bin/bash
case "${0##*/} $*" in
  *)
cat >&2 <<'EOF'
Failed: HTTP 403 for req 1f: exceeded maximum quota for entity type Space
EOF
exit 1
    ;;
esac
