#!/bin/bash
failed=0
kubectl get x || failed=1
echo $failed
exit $failed
