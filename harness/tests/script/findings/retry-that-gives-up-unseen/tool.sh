#!/bin/sh
echo "Failed: space prod not found" >&2
exit 1
