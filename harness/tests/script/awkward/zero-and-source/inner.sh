#!/bin/bash
echo "$0 $1 $2"
kubectl exit 5
