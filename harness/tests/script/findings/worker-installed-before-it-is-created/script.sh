#!/bin/bash
set -e
cub worker install p-worker --space p --wait || true
cub worker create p-worker --space p
