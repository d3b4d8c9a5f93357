#!/bin/bash
set -e
cub unit apply reference-data --space dev
