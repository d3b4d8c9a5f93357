#!/bin/sh
case "$*" in
*again*) echo 'Error from server (AlreadyExists): error when creating "again": namespaces "a" already exists' >&2 ;;
*) echo 'Error from server (AlreadyExists): error when creating "k8s": namespaces "a" already exists' >&2
   echo 'error: unable to recognize "k8s": no matches for kind "Deploymnt" in version "apps/v1"' >&2 ;;
esac
exit 1
