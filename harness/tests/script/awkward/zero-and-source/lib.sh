f() {
  echo "${BASH_SOURCE[0]} ${FUNCNAME[0]} ${BASH_LINENO[0]}"
}
kubectl args sourced
