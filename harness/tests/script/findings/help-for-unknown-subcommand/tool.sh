#!/bin/bash
case "${0##*/} $*" in
  *)
cat <<'EOF'
The unit subcommands are used to manage units

Usage:
  cub unit [command]

Available Commands:
  apply        Apply configuration
  get          Get details about a unit
  livestate    Show the live state of a unit

Flags:
  -h, --help   help for unit
EOF
    ;;
esac
