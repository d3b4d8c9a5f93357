#!/bin/bash
set -e
{
  kubectl get x
  echo more
} | cat
echo done
