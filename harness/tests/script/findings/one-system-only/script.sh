#!/bin/bash
date -j -f %Y 2025 +%s 2>/dev/null || date -d 2025-01-01 +%s
echo x | grep -P x
echo x > f; sed -i '' s/x/y/ f 2>/dev/null || true
sed -i.bak s/x/y/ f
ls /Users/someone/tutorial 2>/dev/null || true
if false; then date -j; fi
