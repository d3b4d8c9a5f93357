#!/bin/sh
case "$*" in space*) echo 'Failed: HTTP 403: exceeded maximum quota' >&2; exit 1 ;; *) echo "Successfully created" ;; esac
