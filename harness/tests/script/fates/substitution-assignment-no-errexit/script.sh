#!/bin/bash
x=$(kubectl get x)
echo "$x"
