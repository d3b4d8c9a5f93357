#!/bin/bash
kubectl get x &>/dev/null
echo done
