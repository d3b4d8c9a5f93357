#!/bin/sh
echo 'No resources found' >&2
