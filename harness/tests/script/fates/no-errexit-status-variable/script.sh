#!/bin/bash
kubectl get x
status=$?
exit $status
