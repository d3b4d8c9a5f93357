kubectl apply -f web.yaml
kubectl apply -f web.yaml
kubectl diff -f web-changed.yaml | grep '^[-+] '
kubectl apply -f web-changed.yaml
kubectl get deployment web -o jsonpath='{.spec.template.spec.containers[0].env}{"\n"}'
kubectl apply --server-side -f web.yaml
kubectl apply --server-side --field-manager=other -f web-changed.yaml
kubectl apply --server-side --field-manager=other --force-conflicts -f web-changed.yaml
kubectl apply --dry-run=server -f web.yaml
kubectl delete -f web.yaml
