#!/bin/bash
mkdir -p a/b
cd a/b
kubectl args "$(basename "$PWD")"
../../inner.sh
cd ..
source ../lib.sh
