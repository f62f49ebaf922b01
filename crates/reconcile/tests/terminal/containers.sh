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
kubectl run writes --image=busybox -- sh -c 'while true; do echo x >> /tmp/x; sleep 1; done'
# 5 s later
kubectl exec writes -- ls /tmp/x
kubectl exec writes -- grep -q y /tmp/x
kubectl exec writes -- sh -c 'echo y >> /tmp/x'
kubectl exec writes -- grep y /tmp/x
kubectl exec writes -- env A=1 printenv A
kubectl exec writes -- /usr/bin/env A=1
kubectl exec writes -- /opt/env
kubectl run chatty --image=busybox --restart=Never -- sh -c 'for i in $(seq 20); do echo "line $i of many, each of which is long enough that all of them together are more than the two kilobytes that are kept of a log"; sleep 1; done'
# 3 s later
kubectl logs chatty -f --tail=1
kubectl run halves --image=busybox -- sh -c 'printf one-; sleep 4; echo two; printf three; sleep 2; exit 1'
# 3 s later
kubectl logs halves --timestamps
# 2 s later
kubectl logs halves --timestamps
kubectl logs halves -f --timestamps
# 4 s later
kubectl logs halves -p -f --tail=1
kubectl get pods halves writes -w
kubectl get pod/halves service/web -w
kubectl create job pair --image=busybox -- sh -c "until test -f /tmp/end; do sleep 1; done; echo ends; exit 1"
# 5 s later
kubectl exec job/pair -- touch /tmp/end
# 20 s later
kubectl get pods -l job-name=pair
kubectl exec job/pair -- ls /tmp/end
kubectl logs job/pair
kubectl create deployment shells --image=busybox -- sh -c 'sleep 600'
# 5 s later
kubectl scale deployment/shells --replicas=2
# 5 s later
kubectl delete pod shells-5d9489455d-t6kf2 --wait=false
# 1 s later
kubectl exec deployment/shells -- touch /tmp/here
kubectl get pods -l app=shells
kubectl exec shells-5d9489455d-t6kf2 -- ls /tmp/here
kubectl get pod nope -w --ignore-not-found
kubectl get namespace shop -o go-template='{{.kind}} {{index .spec.finalizers 9}}'
