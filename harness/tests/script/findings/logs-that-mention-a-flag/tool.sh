#!/bin/bash
case "${0##*/} $*" in
  *)
cat <<'EOF'
Error: unknown flag: --verbose
retrying without it
EOF
    ;;
esac
