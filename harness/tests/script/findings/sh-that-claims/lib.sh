#!/bin/sh
log() {
  printf '[%s] %s\n' now "$*"
}
ok() { log "✓ $*"; }
