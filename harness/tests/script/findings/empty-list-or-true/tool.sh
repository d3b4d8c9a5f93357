#!/bin/sh
case "$*" in
target*) test -f found && echo k8s; touch found ;;
esac
