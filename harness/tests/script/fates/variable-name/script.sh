#!/bin/bash
set -e
K=kubectl
$K get x || true
