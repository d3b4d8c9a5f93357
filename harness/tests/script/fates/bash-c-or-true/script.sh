#!/bin/bash
set -e
bash -c 'kubectl get x' || true
echo done
