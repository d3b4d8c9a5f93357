#!/bin/sh
failing() {
  cp missing elsewhere
  echo "copied"
}
