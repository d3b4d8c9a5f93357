#!/bin/sh
[ -e tried ] && echo 3
touch tried
