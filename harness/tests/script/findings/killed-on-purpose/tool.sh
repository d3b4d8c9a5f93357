#!/bin/bash
case "${0##*/} $*" in
  *)
exec tail -f /dev/null
    ;;
esac
