#!/bin/sh
echo "NAME    SPACE    TARGET    LAST-ACTION    #GATED"
case "$*" in *full*) echo "web     full" ;; esac
