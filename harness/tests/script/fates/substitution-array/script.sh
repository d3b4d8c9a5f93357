#!/bin/bash
set -e
x=($(kubectl get x))
echo "${#x[@]}"
