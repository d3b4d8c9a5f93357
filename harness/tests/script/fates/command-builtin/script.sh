#!/bin/bash
set -e
command kubectl get x || true
