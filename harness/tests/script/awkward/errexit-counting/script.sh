#!/bin/bash
set -e
n=0
((n++))
echo never
