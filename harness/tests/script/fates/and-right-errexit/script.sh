#!/bin/bash
set -e
true && kubectl get x
echo done
