#!/bin/bash
echo "Failed: unknown flag: --data" >&2
exit 1
