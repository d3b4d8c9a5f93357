#!/bin/sh
case "$*" in
"unit apply"*) echo 'Failed: HTTP 404: unit not found' >&2; exit 1 ;;
"create namespace"*) echo 'Error from server (Forbidden): namespaces is forbidden' >&2; exit 1 ;;
"delete namespace"*) echo 'namespace "old" deleted' ;;
"get pods"*) echo 'No resources found in team namespace.' >&2 ;;
version) echo v1 ;;
esac
