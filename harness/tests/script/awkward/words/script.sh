#!/bin/bash
kubectl args 'a b' $'c\nd' '' "é 漢 📦" '*' "'" '"' '\' -x --y=z $'\t' "$(printf 'a\n\nb')"
