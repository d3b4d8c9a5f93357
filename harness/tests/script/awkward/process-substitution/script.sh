#!/bin/bash
diff <(kubectl out 2) <(kubectl out 3)
echo $?
cat <(kubectl both 2>&1)
