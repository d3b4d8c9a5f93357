#!/bin/bash
set -e
cub unit apply --space prod --unit reference-data,trade-service
cub unit apply reference-data --space dev
