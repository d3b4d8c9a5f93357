#!/bin/bash
set -e
eval 'kubectl get x || true'
echo done
