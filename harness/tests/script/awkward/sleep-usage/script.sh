#!/bin/bash
sleep 0.01
echo $?
sleep 2>/dev/null
echo $?
sleep x
echo $?
sleep 0.01 y
echo $?
sleep --nonsense
echo $?
