kubectl apply -f web.yaml
kubectl rollout status deployment/web | tail -1
kubectl exec deployment/web -- curl -s http://localhost:18085/health; echo
kubectl run curl-test --image=curlimages/curl --rm -i --restart=Never -- -s -o /dev/null -w '%{http_code}\n' http://web/health 2>/dev/null
kubectl run wget-test --image=busybox --rm -i --restart=Never -- wget -qO- http://absent/ 2>/dev/null
kubectl top pods
kubectl top pods -l app=absent
kubectl top nodes
kubectl get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods | grep -o '"usage":{[^}]*}'
kubectl exec deployment/web -- sh -c 'env | sort -r | grep ^KUBERNETES_SERVICE_PORT'
kubectl exec deployment/web -- sh -c 'echo $(date)'
