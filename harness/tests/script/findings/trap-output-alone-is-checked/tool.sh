#!/bin/sh
echo 'reference-data Running'
echo 'error: the server went away' >&2
exit 1
