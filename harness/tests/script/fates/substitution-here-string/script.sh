#!/bin/bash
set -e
cat <<< "$(kubectl get x)"
