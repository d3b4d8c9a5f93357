#!/bin/bash
for real in $(type -ap kubectl); do [ -L "$real" ] || break; done
folder=${real%/*}
"$real" exit 3; echo "status $?"
$(which kubectl) exit 4; echo "status $?"
command kubectl exit 5; echo "status $?"
env -i "$real" args a 'b c'
env -i PATH="$PATH" kubectl args a 'b c'
(PATH=$folder:/usr/bin:/bin; kubectl exit 6; echo "status $?")
PATH=$folder:/usr/bin:/bin kubectl args x
export PATH=$folder:/bin
"$real" out 2
