#!/bin/sh
[ "${0##*/}" = kubectl ] && echo "deployment.apps/killed created" && exit 0
echo "Failed: Apply didn't complete on unit $3" >&2
exit 1
