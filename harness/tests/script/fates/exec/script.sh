#!/bin/bash
kubectl ok a
exec kubectl get x
