kubectl create namespace shop --dry-run=client -o yaml | kubectl apply -f -
kubectl apply -n shop -f web.yaml
kubectl -n shop wait --for=condition=available --timeout=60s deployment/web
kubectl -n shop rollout status deployment/web | tail -1
sleep 0.1; kubectl -n shop get all
kubectl -n shop get deployment web -o wide
kubectl -n shop get pods -l app=web -o jsonpath='{.items[*].status.phase}{"\n"}'
kubectl -n shop get endpoints web
kubectl -n shop get events --sort-by=.metadata.name -o custom-columns=REASON:.reason,MESSAGE:.message
kubectl -n shop logs deployment/web
kubectl get --raw /api/v1/namespaces/shop/services/web:wrong/proxy/health
kubectl get --raw /api/v1/namespaces/shop/services/web:right/proxy/health; echo
kubectl -n shop describe service web
kubectl delete namespace shop
kubectl get namespace shop
