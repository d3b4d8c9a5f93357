#!/bin/bash
cub function explain set-replicas
