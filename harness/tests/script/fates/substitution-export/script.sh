#!/bin/bash
set -e
export X="$(kubectl get x)"
echo "$X"
