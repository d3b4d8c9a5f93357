#!/bin/bash
set -e
P="a b
c d"
kubectl get ${P}-x $P --space ${P}-y || true
