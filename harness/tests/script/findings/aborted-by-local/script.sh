#!/bin/bash
set -e
case a in
  a)
    local count=1
    echo "$count"
    ;;
esac
