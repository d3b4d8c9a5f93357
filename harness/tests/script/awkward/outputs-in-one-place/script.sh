#!/bin/bash
kubectl both 2>&1 | cat
kubectl both > file 2>&1
cat file
kubectl both &> /dev/null
kubectl both 2>/dev/null
kubectl both >> file 2>> file
cat file
