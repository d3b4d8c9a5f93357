#!/bin/bash
set -e
cub unit get shop --space shop 2>&1 | tee log.txt
if [ $? -ne 0 ]; then
  echo failed
  exit 1
fi
