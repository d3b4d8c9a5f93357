#!/bin/bash
set -e
./make.sh
./cleanup.sh
