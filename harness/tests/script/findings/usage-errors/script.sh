#!/bin/bash
cub space create p --allow-exists || echo "exists already"
cub space list -o json
cub unit diff --space p
cub unit apply --space p
cub unit update --patch '{"a":1}' --space p
cub run set-env-var --env-var A=b --unit u --space p
cub run set-replicas --replicas 2 --space '*' --where "Slug = 'x'"
kubectl get pods --nope || exit 1
