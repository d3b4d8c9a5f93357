#!/bin/bash
kubectl args "$0"
