#!/bin/bash
X=val
kubectl stdin <<EOF
line $X
$(kubectl out 1)
EOF
kubectl stdin <<'EOF'
line $X
EOF
kubectl stdin <<< "here $X"
