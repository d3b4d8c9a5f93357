#!/bin/bash
cub space create p || true
echo done
