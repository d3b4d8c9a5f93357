#!/bin/sh
echo "Failed: HTTP 403 for req 1: this user may not do this" >&2
exit 1
