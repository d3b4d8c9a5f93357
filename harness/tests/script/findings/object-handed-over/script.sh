#!/bin/bash
set -e
cub unit apply web --space blue
cub unit delete web --space blue
cub unit apply web --space green
kubectl delete deployment web --namespace shop
cub unit apply web --space red
cub unit apply web --space white
