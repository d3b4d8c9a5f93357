#!/bin/bash
set -e
case a in
  a)
    kubectl get x
    echo a
    ;;
esac
echo done
