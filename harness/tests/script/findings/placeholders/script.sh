#!/bin/bash
set -e
cub space get '<your-space>'
cub unit list --where "Slug != ''"
cub unit update a --data REPLACE_ME.yaml
