#!/bin/bash
read -p "Letter: " letter
echo "got $letter"
