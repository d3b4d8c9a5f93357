#!/bin/bash
read -p "Go on? [y/N] " answer; echo "status $? <$answer>"
echo -n "And now? "; read -r answer; echo "status $? <$answer>"
read -r -n 1 -p "One letter: " answer </dev/null; echo "status $? <$answer>"
read -rsp "Password: " password 2>/dev/null; echo "status $? <$password>"
while IFS= read -r line; do echo "<$line>"; done <<'EOF'
one
two
EOF
printf 'a\nb\n' | { read -r first; echo "first $first"; cat; }
select choice in a b; do echo "chose $choice"; break; done 2>&1 | head -3
cat; echo "cat $?"
