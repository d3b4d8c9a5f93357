#!/bin/sh
echo "Successfully did $*"
