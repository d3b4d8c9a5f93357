#!/bin/bash
set -e
X=$(kubectl get x) cat /dev/null
