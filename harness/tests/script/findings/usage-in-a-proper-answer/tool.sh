#!/bin/bash
case "${0##*/} $*" in
  *)
cat <<'EOF'
Usage: cub function do -- set-replicas <replicas>

Toolchain Type             Kubernetes/YAML
Flags: none
EOF
    ;;
esac
