#!/bin/sh
case "$*" in *ingress*) echo 'No resources found in default namespace.' >&2 ;; *) echo unit ;; esac
