#!/bin/bash
set -e
trap 'kubectl get x || true' EXIT
echo done
