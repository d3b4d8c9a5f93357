#!/bin/bash
set -e
kubectl get x &
wait $!
echo done
