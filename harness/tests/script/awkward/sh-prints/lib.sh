shout() { echo "! $*"; }
echo "read $?"
