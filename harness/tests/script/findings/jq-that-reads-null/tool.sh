#!/bin/sh
case "$*" in
  *--jq*) echo null ;;
  "unit get"*) echo '{"Slug": "web", "UnitID": "1", "Labels": null}' ;;
  *) if [ -e asked ]; then echo '{"status": {"readyReplicas": 1}}'; else : >asked; echo '{"status": {}}'; fi ;;
esac
