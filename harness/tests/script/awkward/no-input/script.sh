#!/bin/bash
read -r x
echo "read $?"
kubectl stdin
cat
echo end
