#!/bin/bash
set -e
{
  kubectl get x
  echo in
} || true
echo done
