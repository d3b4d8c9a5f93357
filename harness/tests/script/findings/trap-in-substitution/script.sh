#!/bin/bash
set -e
x=$(false; echo ok)
y=$(cp no-such-file elsewhere; echo "$x")
echo "$y $(false)"
