#!/bin/bash
case "${0##*/} $*" in
  *)
cat >&2 <<'EOF'
error: the path "x.yaml" does not exist
EOF
exit 1
    ;;
esac
