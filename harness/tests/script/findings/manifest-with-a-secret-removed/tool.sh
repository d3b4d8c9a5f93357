#!/bin/bash
case "${0##*/} $*" in
  "cub worker install"*) printf "kind: Secret\ndata:\n  CONFIGHUB_WORKER_SECRET: %s\n" "$(printf ch_0123456789abcdef | base64)" ;;
  *) echo "secret/confighub-worker-env created" ;;
esac
