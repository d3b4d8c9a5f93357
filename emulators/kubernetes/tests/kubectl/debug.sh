kubectl run shop --image=busybox:1.36 --command -- sleep infinity
kubectl wait --for=condition=Ready pod/shop --timeout=60s
kubectl debug shop -c look --image=busybox:1.36 --profile=general -- sh -c 'env | grep ^KUBERNETES_SERVICE_PORT= && hostname | grep -c shop || exit 3'
kubectl wait pod/shop --for=jsonpath='{.status.ephemeralContainerStatuses[0].state.terminated.reason}'=Completed --timeout=60s
kubectl logs shop -c look
kubectl debug shop -c stay --image=busybox:1.36 --target=shop --profile=general -- sleep infinity
kubectl wait pod/shop --for=jsonpath='{.status.ephemeralContainerStatuses[1].state.running.startedAt}' --timeout=60s >/dev/null; echo $?
kubectl exec shop -c stay -- sh -c 'echo a b c | wc -w | cat'
kubectl debug shop -c missing --image=no/such:1 --profile=general -- env
kubectl wait pod/shop --for=jsonpath='{.status.ephemeralContainerStatuses[2].state.waiting.reason}'=ImagePullBackOff --timeout=60s
kubectl get pod shop
kubectl get pod shop -o jsonpath='{range .status.ephemeralContainerStatuses[*]}{.name} {.ready} {.restartCount} {.started} {.state.terminated.exitCode}{"\n"}{end}'
kubectl get events --field-selector=involvedObject.fieldPath='spec.ephemeralContainers{look}' -o custom-columns=REASON:.reason,MESSAGE:.message
kubectl delete pod shop --now
