#!/bin/sh
echo "Successfully applied"
