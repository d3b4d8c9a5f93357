#!/bin/bash
kubectl out 1
exec kubectl exit 11
