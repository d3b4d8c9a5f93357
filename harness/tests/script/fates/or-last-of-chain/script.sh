#!/bin/bash
set -e
false || kubectl get x
echo done
