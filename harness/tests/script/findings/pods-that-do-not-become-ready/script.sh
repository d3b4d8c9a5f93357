#!/bin/bash
cub unit apply crash --space shop --wait || true
cub unit apply unready --space shop --wait || true
cub unit apply probed --space shop --wait || true
cub unit apply refused --space shop --wait || true
cub unit apply big --space shop --wait || true
cub unit apply later --space shop --wait || true
kubectl apply -f killed.yaml
