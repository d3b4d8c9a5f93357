#!/bin/bash
kubectl out 1
kill -9 $$
