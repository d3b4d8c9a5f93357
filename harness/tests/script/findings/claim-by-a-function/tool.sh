#!/bin/sh
echo 'Failed: HTTP 403: exceeded maximum quota' >&2; exit 1
