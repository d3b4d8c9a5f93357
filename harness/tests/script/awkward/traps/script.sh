#!/bin/bash
trap 'echo bye $?' EXIT
trap 'echo term' TERM
trap 'echo error at $LINENO' ERR
kill -TERM $$
kubectl exit 3
kubectl out 1
exit 9
