#!/bin/sh
echo "Error from server (Forbidden): secrets is forbidden" >&2
exit 1
