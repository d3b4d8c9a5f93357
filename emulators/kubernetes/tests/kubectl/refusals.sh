kubectl apply -n absent -f web.yaml
kubectl apply -f widget.yaml
kubectl apply -f misspelt.yaml
kubectl apply --server-side -f misspelt.yaml
kubectl get widgets
kubectl get pod absent
kubectl delete deployment absent
kubectl create configmap Bad_Name
kubectl create configmap twice && kubectl create configmap twice
kubectl wait --for=condition=available deployment/absent --timeout=1s
kubectl get pods --field-selector=spec.color=red
kubectl patch configmap twice --type=json -p '[{"op":"remove","path":"/data/absent"}]'
kubectl delete namespace default
kubectl top pods
