deploy() {
  kubectl apply -f other.yaml
}
