upstream=$(cub unit get web --json | jq -r .UpstreamUnitID)
if [ "$upstream" = null ]; then
  echo "It is no clone."
fi
