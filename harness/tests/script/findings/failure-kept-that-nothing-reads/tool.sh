#!/bin/sh
echo 'Error from server (Forbidden): namespaces is forbidden' >&2
exit 1
