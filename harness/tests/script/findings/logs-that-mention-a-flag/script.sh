#!/bin/bash
set -e
kubectl logs deployment/x
