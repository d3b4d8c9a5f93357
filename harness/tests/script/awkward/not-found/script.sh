#!/bin/bash
no-such-tool-at-all
echo $?
./not-executable
echo $?
