#!/bin/bash
cub space create p || true
cub unit create --space p reference-data k8s.yaml || true
echo done
