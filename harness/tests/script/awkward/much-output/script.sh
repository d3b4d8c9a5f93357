#!/bin/bash
kubectl out 200000 | tail -1
kubectl out 200000 | wc -l
