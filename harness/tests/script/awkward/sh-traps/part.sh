kubectl args sourced "$0"
