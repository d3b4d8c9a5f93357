#!/bin/sh
false
echo "bash $?"
