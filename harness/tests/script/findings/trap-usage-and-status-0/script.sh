#!/bin/bash
set -e
cub unit verify x >/dev/null
echo verified
