echo "${BASH_SOURCE[0]} $0 $# $LINENO"
kubectl args "$@"
[ $# -gt 0 ] && return 7
kubectl exit 2
