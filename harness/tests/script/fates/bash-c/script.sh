#!/bin/bash
set -e
bash -c 'kubectl get x; echo inner'
echo done
