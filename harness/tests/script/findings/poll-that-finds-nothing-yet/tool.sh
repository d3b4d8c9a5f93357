#!/bin/bash
case "${0##*/} $*" in
  *)
cat <<'EOF'
NAME    WORKER    PROVIDERTYPE    SPACE
EOF
    ;;
esac
