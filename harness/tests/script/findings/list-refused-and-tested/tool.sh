#!/bin/bash
case "${0##*/} $*" in
  *"worker list"*)
    echo "Failed: HTTP 403 for req 1f: this user may not do this" >&2
    exit 1
    ;;
  *"worker get"*)
    echo "Failed: HTTP 404 for req 20: worker p-other not found" >&2
    exit 1
    ;;
  *"worker create"*)
    echo "Successfully created bridge-worker $3"
    ;;
esac
