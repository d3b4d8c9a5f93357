#!/bin/bash
set -e
echo y | kubectl get x | cat
echo done
