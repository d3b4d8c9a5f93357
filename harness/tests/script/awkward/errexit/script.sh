#!/bin/bash
set -e
kubectl out 1
x=$(kubectl exit 6)
echo never
