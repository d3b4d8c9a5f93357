#!/bin/bash
set -e
log() { echo "[now] $*"; }
success() { log "✓ $*"; }
cub space create dev || true
success "Created dev"
