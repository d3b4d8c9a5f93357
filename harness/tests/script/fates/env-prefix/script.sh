#!/bin/bash
set -e
env A=1 kubectl get x || true
