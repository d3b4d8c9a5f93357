#!/bin/bash
set -e
x=$(kubectl get x | wc -l)
echo "$x"
