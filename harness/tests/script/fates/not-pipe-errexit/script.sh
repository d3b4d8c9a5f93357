#!/bin/bash
set -e
! echo y | kubectl get x
echo done
