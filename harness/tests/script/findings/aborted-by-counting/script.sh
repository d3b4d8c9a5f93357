#!/bin/bash
set -e
PASSED=0
check_passed() {
  ((PASSED++))
  echo "ok $1"
}
check_passed first
check_passed second
