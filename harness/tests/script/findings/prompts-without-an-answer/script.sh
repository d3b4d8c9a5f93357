#!/bin/bash
confirm() {
  read -r -p "$1 [y/N] " answer
  [[ $answer == y ]]
}
read -p "Type 'ROLLBACK' to confirm: " confirmation
if [ "$confirmation" != "ROLLBACK" ]; then
  echo "Rollback cancelled"
fi
confirm "Delete everything?" || echo "nothing deleted"
echo -n "Name: "
read -r name < /dev/tty || name=nobody
exit 0
