#!/bin/bash
set -e
PREFIX=warm-cub
cub space create ${PREFX}-dev
cub space create $PREFIX-prod
echo "${REGION:-none}"
if [ -z "$DEBUG" ]; then echo plain; fi
