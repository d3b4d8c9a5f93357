#!/bin/bash
cat <<EOF
mountPath: /tmp
path: /tmp/cache
EOF
echo "see /tmp/nothing" | wc -c
text="$(cat <<'EOF'
emptyDir at /tmp
EOF
)"
echo "${#text}"
cat > "$HOME/made.yaml" <<'EOF'
- /tmp/other
EOF
wc -c < "$HOME/made.yaml" | tr -d ' '
