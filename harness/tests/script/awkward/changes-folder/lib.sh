kubectl args "${BASH_SOURCE[0]}"
