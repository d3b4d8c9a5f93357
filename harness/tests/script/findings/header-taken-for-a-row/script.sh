#!/bin/bash
if cub unit list --space empty | grep -q .; then
  echo "there are units"
fi
if cub unit list --space full | grep -q .; then
  echo "there are units"
fi
cub unit list --space empty | grep -q web || exit 0
