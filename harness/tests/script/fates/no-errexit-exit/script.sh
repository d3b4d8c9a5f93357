#!/bin/bash
kubectl get x
exit
