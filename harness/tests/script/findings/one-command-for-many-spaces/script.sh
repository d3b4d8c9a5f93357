#!/bin/bash
set -e
cub unit apply --space '*' --where "Slug = 'trade-service'"
cub unit apply --space '*' --where "Slug = 'trade-service'"
cub unit apply trade-service --space prod-eu
