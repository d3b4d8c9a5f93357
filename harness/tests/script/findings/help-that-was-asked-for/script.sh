#!/bin/bash
cub unit --help
cub help unit
cub unit -h
cub
