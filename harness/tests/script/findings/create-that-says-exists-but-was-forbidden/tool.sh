#!/bin/bash
case "${0##*/} $*" in
  *)
cat >&2 <<'EOF'
Failed: the name already exists or may not be used
EOF
exit 1
    ;;
esac
