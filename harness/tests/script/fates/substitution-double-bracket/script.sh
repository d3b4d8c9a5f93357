#!/bin/bash
set -e
if [[ -z $(kubectl get x) ]]; then
  echo none
fi
