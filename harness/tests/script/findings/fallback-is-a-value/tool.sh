#!/bin/sh
echo 'error: no server' >&2
exit 1
