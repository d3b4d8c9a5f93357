#!/bin/bash
set -e
false || true
false || echo ignored
false || :
false || sleep 0
echo ok
