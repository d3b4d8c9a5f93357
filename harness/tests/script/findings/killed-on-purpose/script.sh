#!/bin/bash
kubectl port-forward svc/x 8080:80 >/dev/null 2>&1 &
forward=$!
sleep 0.1
kill $forward
wait 2>/dev/null
