#!/bin/bash
set -e
CMD="kubectl get x"
eval "$CMD"
echo done
