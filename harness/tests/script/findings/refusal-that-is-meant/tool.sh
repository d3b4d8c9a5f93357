#!/bin/sh
case "$*" in
  "unit apply"*) echo "Failed: unit 'nosuch' not found in space 'shop'" >&2; exit 1 ;;
  "auth can-i"*) echo no; exit 1 ;;
  "get configmap"*) echo 'Error from server (NotFound): configmaps "gone" not found' >&2; exit 1 ;;
  "get deployment"*) echo 'Error from server (NotFound): deployments.apps "shop" not found' >&2; exit 1 ;;
  "get pods"* | "get events"*) echo "No resources found in shop namespace." >&2 ;;
esac
