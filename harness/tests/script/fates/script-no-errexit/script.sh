#!/bin/bash
cat > inner.sh <<'EOF'
#!/bin/bash
set -e
kubectl get x
echo in
EOF
chmod +x inner.sh
for s in ./inner.sh; do
  $s
done
echo done
