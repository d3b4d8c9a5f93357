#!/bin/bash
set -e
echo "it is $(kubectl get x)"
