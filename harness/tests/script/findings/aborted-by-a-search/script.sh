#!/bin/bash
set -e
COUNT=$(grep -c nothing /dev/null)
echo "$COUNT"
