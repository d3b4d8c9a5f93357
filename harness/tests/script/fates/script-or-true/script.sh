#!/bin/bash
set -e
cat > inner.sh <<'EOF'
#!/bin/bash
set -e
kubectl get x
echo in
EOF
chmod +x inner.sh
./inner.sh || true
echo done
