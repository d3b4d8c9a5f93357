#!/bin/bash
set -e
for unit in optimizer dashboard web cache; do
  cub unit apply $unit --space base
done
