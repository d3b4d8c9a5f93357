#!/bin/bash
set -e
cat > inner.sh <<'EOF'
#!/bin/bash
set -e
kubectl get x
echo in
EOF
chmod +x inner.sh
printf '#!/bin/bash\n./inner.sh\n' > outer.sh
bash ./outer.sh || echo failed
