#!/bin/bash
case "${0##*/} $*" in
  *)
cat >&2 <<'EOF'
Failed: unit k8s-p-worker not found in space 9972e8a7-25ba-4f63-ae5d-7d2f99db5198
EOF
exit 1
    ;;
esac
