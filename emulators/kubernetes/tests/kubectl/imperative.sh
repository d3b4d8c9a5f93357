kubectl create namespace shop
kubectl create configmap settings --from-literal=a=b
kubectl create secret generic keys --from-literal=key=a-secret-value
kubectl create serviceaccount robot
kubectl create role reader --verb=get,list --resource=pods
kubectl create rolebinding robot-reads --role=reader --serviceaccount=default:robot
kubectl create deployment web --image=ghcr.io/finos/traderx/reference-data --replicas=2
kubectl rollout status deployment/web | tail -1
kubectl expose deployment web --port=80 --target-port=18085
kubectl scale deployment web --replicas=3
kubectl rollout status deployment/web | tail -1
kubectl set image deployment/web reference-data=ghcr.io/acme/absent:1.0
kubectl rollout status deployment/web --timeout=300ms | tail -1
kubectl rollout undo deployment/web
kubectl rollout status deployment/web | tail -1
kubectl rollout history deployment/web
kubectl label deployment web tier=front
kubectl annotate deployment web note=hello
kubectl patch deployment web -p '{"spec":{"replicas":1}}'
kubectl patch deployment web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":2}]'
kubectl patch deployment web --type=merge -p '{"metadata":{"labels":{"tier":null}}}'
kubectl get configmaps,secrets,serviceaccounts,roles,rolebindings,deployments --show-labels
kubectl run lonely --image=ghcr.io/acme/absent:1.0 --restart=Never
sleep 0.2; kubectl get pod lonely
kubectl logs lonely
kubectl delete pod lonely
kubectl delete deployment,service web
kubectl auth whoami
kubectl auth can-i delete pods
kubectl api-resources --api-group=apps
kubectl explain deployment.spec.replicas
