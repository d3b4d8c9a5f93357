#!/bin/bash
(exit 256)
echo $?
kubectl exit 255
echo $?
exit 300
