#!/bin/sh
echo "error: no objects passed to apply" >&2
exit 1
