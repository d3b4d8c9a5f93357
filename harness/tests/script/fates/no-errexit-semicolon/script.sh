#!/bin/bash
kubectl get x; echo done
