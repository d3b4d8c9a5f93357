kubectl apply -f busy.yaml
kubectl rollout status deployment/busy | tail -1
kubectl autoscale deployment busy --cpu-percent=50 --min=1 --max=3
kubectl wait --for=jsonpath='{.status.readyReplicas}'=3 deployment/busy --timeout=30s
kubectl wait --for=jsonpath='{.status.conditions[?(@.type=="AbleToScale")].reason}'=ReadyForNewScale hpa/busy --timeout=30s
kubectl get hpa busy
kubectl get hpa busy -o jsonpath='{range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}'
kubectl get events --field-selector involvedObject.kind=HorizontalPodAutoscaler -o custom-columns=REASON:.reason,MESSAGE:.message --no-headers
