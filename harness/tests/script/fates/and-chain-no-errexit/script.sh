#!/bin/bash
kubectl get x && echo found
echo done
