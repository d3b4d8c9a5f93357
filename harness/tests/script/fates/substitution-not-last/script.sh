#!/bin/bash
set -e
x=$(kubectl get x; echo ok)
echo "$x"
