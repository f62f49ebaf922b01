kubectl create deployment web --image=web --as system:serviceaccount:shop:default
kubectl delete deployment nothing
kubectl delete deployment nothing
kubectl create deployment order-service --image=web
kubectl patch deployment order-service -p '{"spec":{"replicas":-1}}'
kubectl create quota few --hard=pods=3
kubectl run more --image=busybox
kubectl auth can-i create pods
kubectl exec deployment/order-service -- ls /nothing
kubectl create rolebinding looks --clusterrole=view --serviceaccount=shop:default
kubectl exec deployment/order-service --as system:serviceaccount:shop:default -- ls
kubectl exec deployment/order-service -- nothing
kubectl exec deployment/order-service -- touch /tmp/here
kubectl drain node-a --ignore-daemonsets
