#!/bin/sh
echo "Error from server (NotFound): deployments.apps \"$3\" not found" >&2
exit 1
