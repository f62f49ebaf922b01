kubectl get pods
k get deploy,rs -o wide
kubectl get all
kubectl get nodes
kubectl get pods -A --no-headers
kubectl get svc order-service -o name
kubectl get configmaps
kubectl get hpa
kubectl get deployment nothing
kubectl get spaceships
kubectl get pods -o jsonpath='{range .items[*]}{.status.hostIP}{"\n"}{end}'
kubectl -n shop describe deploy order
kubectl get pods -l app=nothing
kubectl scale deployment order-service --replicas=4
# 20 s later
kubectl get deployment order-service
kubectl patch deployment order-service -p '{"spec": {"replicas": 3}}'
kubectl patch deployment order-service -p '{"spec": {"replicas": 3}}' --type merge
kubectl patch deployment order-service -p '{"spec": {"selector": null}}'
kubectl set image deployment/order-service order-service=registry.example/order-service:9
# 40 s later
kubectl rollout status deployment/order-service --timeout 5s
kubectl rollout undo deployment/order-service
# 1 s later
kubectl rollout status deployment/order-service
kubectl delete pod -l app.kubernetes.io/name=order-service
# 2 s later
kubectl get pods
# 30 s later
kubectl get nodes -o wide
kubectl top pods
kubectl top pod --containers --sum --no-headers
kubectl top nodes
kubectl top pod nothing
kubectl top pod --sort-by age
kubectl get podmetrics
kubectl get nodes.metrics.k8s.io
kubectl get pods.apps
kubectl auth can-i delete pods --as system:serviceaccount:shop:order-service
kubectl edit deployment order-service
helm list
kubectl get pods | wc -l
kubectl get 'pods

help
kubectl -h
