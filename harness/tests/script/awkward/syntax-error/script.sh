#!/bin/bash
kubectl out 1
if true; then
