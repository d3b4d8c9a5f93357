#!/bin/bash
echo begin
kubectl get x
