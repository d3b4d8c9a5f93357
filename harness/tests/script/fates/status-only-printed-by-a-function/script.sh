#!/bin/bash
set -e
log() { echo "[now] $*"; }
set +e
kubectl get x
log "status $?"
