#!/bin/bash
set -e
timeout 60 kubectl get x || true
