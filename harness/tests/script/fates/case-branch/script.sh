#!/bin/bash
set -e
case a in
  a)
    kubectl get x || true
    ;;
esac
echo done
