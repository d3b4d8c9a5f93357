#!/bin/sh
case "$*" in
changeset*) printf 'The changeset subcommands\n\nUsage:\n  cub changeset [command]\n\nAvailable Commands:\n  create  Create\n\nFlags:\n  -h, --help   help\n' ;;
get*) echo 'No resources found in default namespace.' >&2 ;;
*) echo "Successfully did $*" ;;
esac
