kubectl logs deployment/order-service
kubectl logs deployment/order-service --timestamps --tail=1
kubectl logs -l app.kubernetes.io/name=order-service --prefix
kubectl logs -l app=nothing
kubectl logs nothing
kubectl logs deployment/order-service -c nope
kubectl logs
kubectl logs deployment/order-service -p
kubectl logs configmap/kube-root-ca.crt
kubectl logs deployment/order-service --as system:serviceaccount:shop:default
kubectl run talks --image=busybox -- sh -c 'echo one; sleep 2; echo two; exit 3'
kubectl logs talks
# 1 s later
kubectl logs talks -f --timestamps
# 3 s later
kubectl logs talks
kubectl logs talks --previous
kubectl logs talks --since=1s
kubectl run nothing --image=nope
# 20 s later
kubectl logs nothing
kubectl run waits --image=busybox -- sh -c 'until test -f /tmp/go; do sleep 1; done; echo goes; sleep 100'
# 5 s later
kubectl logs waits
kubectl exec waits -- ls /tmp/go
kubectl exec waits -- touch /tmp/go
kubectl exec waits -- ls /tmp/go
# 2 s later
kubectl logs waits
kubectl exec waits -- sh -c 'exit 7'
kubectl exec waits -- python
kubectl exec waits ls
kubectl exec waits
kubectl exec talks -- ls
kubectl exec deployment/order-service -- env
kubectl exec deployment/order-service -- printenv LOG_LEVEL
kubectl events --for pod/waits
kubectl events --types=Error
kubectl events --for waits
kubectl events --for pod/ghost
kubectl delete pod waits --wait=false
kubectl rollout restart deployment/order-service
# 11 s later
kubectl logs -l app.kubernetes.io/name=order-service --tail=1
kubectl create deployment web --image=nginx
kubectl get pods -l app=web -w
kubectl get pods,services -w
kubectl events --for deployment/web -w
kubectl get pods --field-selector=spec.foo=a
kubectl get deployments --field-selector=spec.replicas=1
kubectl delete pods -l 'a in b'
kubectl auth whoami
kubectl auth whoami --as system:serviceaccount:shop:default
kubectl logs web --tail=-5
kubectl create service clusterip web --clusterip=None
kubectl get services web
kubectl get leases -n kube-node-lease
kubectl get lease node-a -n kube-node-lease -o jsonpath='{.spec}'
