#!/bin/bash -x
echo one
kubectl args a
./inner.sh
set +x
echo quiet
