#!/bin/bash
set -e
kubectl ok a && kubectl get x || true; kubectl ok b
