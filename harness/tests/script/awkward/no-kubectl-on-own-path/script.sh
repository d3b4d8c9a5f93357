#!/bin/bash
PATH=/usr/bin:/bin
sleep 0.01
echo $?
