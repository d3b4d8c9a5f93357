#!/bin/sh
set -e
mv absent present || echo "moved"
