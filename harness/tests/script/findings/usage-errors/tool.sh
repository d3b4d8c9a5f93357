#!/bin/bash
case "${0##*/} $*" in
  *--allow-exists*)
cat >&2 <<'EOF'
Failed: unknown flag: --allow-exists
EOF
exit 1
    ;;
  *-o\ json*)
cat >&2 <<'EOF'
Failed: unknown shorthand flag: 'o' in -o
EOF
exit 1
    ;;
  *diff*)
cat >&2 <<'EOF'
Failed: accepts between 1 and 3 arg(s), received 0
EOF
exit 1
    ;;
  *apply*)
cat >&2 <<'EOF'
Failed: either --unit or --where flag is required for bulk apply
EOF
exit 1
    ;;
  *--patch*)
cat >&2 <<'EOF'
Failed: --patch requires one of: --from-stdin, --filename, --restore, --upgrade, or --label
EOF
exit 1
    ;;
  *set-env-var*)
cat >&2 <<'EOF'
Failed: required parameter 'container-name' not provided
EOF
exit 1
    ;;
  *set-replicas*)
cat >&2 <<'EOF'
Failed: space wildcard * not permitted for command set-replicas
EOF
exit 1
    ;;
  kubectl*)
cat >&2 <<'EOF'
error: unknown flag: --nope
See 'kubectl get --help' for usage.
EOF
exit 1
    ;;
esac
