#!/bin/bash
kubectl out 1
kill -TERM 0
