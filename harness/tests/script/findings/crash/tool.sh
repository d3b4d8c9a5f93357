#!/bin/bash
case "${0##*/} $*" in
  *)
ulimit -c 0
kill -SEGV $$
    ;;
esac
