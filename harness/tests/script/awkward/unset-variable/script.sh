#!/bin/bash
set -u
kubectl args "${X-none}"
kubectl args "$Y"
echo never
