#!/bin/bash
echo inner
kubectl args b
