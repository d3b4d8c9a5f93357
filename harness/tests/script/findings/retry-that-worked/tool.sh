#!/bin/bash
case "${0##*/} $*" in
  *)
if [ -e tried ]; then echo 'pod/x condition met'; exit 0; fi
touch tried
echo 'error: timed out waiting for the condition on pods/x' >&2
exit 1
    ;;
esac
