#!/bin/bash
set -e
cub space create warm-cub-prod
cub unit update --space '*' --where "Space.Slug LIKE '%prod%'" --set-label tier=a
