#!/bin/bash
if kubectl get pods | grep -q Running; then
  echo running
fi
out=$(kubectl get pods)
if [[ $out == *Running* ]]; then echo running; fi
