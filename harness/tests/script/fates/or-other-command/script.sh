#!/bin/bash
set -e
kubectl get x || kubectl ok create x
