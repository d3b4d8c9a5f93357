#!/bin/bash
(
  kubectl get x
  echo in
)
echo done
