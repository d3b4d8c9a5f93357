#!/bin/sh
case "$*" in
  logs*) echo 'Error from server (NotFound): deployments.apps "absent" not found' >&2; exit 1 ;;
  get*) echo 'The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?' >&2; exit 1 ;;
  apply*) echo "error: the path \"$3\" does not exist" >&2; exit 1 ;;
esac
