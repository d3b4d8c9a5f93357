#!/bin/bash
{ kubectl die TERM; } 2>/dev/null
echo $?
{ kubectl die KILL; } 2>/dev/null
echo $?
{ kubectl die INT; } 2>/dev/null
echo $?
