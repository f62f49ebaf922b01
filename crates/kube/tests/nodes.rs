//! What nodes may do: the node authorizer and NodeRestriction, as tables of requests and refusals.

use kube::api::{DeleteOptions, PatchType, Request, Verb, serve};
use kube::rbac::{self, User};
use kube::{Key, Selection, Store, Value, map};

/// Two nodes, each with a pod; the one of node a uses a ConfigMap, a Secret and a service account.
fn store() -> Store {
    let mut store = Store::new(1);
    rbac::bootstrap(&mut store);
    let object = |kind: &str, name: &str| {
        map! { "kind" => kind, "metadata" => map! { "name" => name }, "spec" => map! {} }
    };
    let pod = |name: &str, node: &str, more: Value| {
        let mut container = map! { "name" => "c", "image" => "app:1" };
        container.set("env", more);
        let mut pod = object("Pod", name);
        pod.set(
            "spec",
            map! { "nodeName" => node, "containers" => vec![container] },
        );
        pod
    };
    let key = map! { "name" => "used", "key" => "k" };
    let env = vec![
        map! { "name" => "A", "valueFrom" => map! { "configMapKeyRef" => key.clone() } },
        map! { "name" => "B", "valueFrom" => map! { "secretKeyRef" => key } },
    ];
    let objects = [
        object("Node", "a"),
        object("Node", "b"),
        object("ServiceAccount", "default"),
        pod("pod-a", "a", env.into()),
        pod("pod-b", "b", Value::Null),
    ];
    for mut object in objects {
        object.set("apiVersion", "v1");
        let key = Key::of(&object);
        let request = Request::new("test", key, Verb::Create(object));
        serve(&mut store, 0, request).expect("it is accepted");
    }
    store
}

/// Asks as the kubelet of node a: `ok`, `missing`, or the reason at the end of the refusal.
fn ask(key: Key, subresource: &'static str, fields: &str, verb: Verb) -> String {
    let request = Request {
        subresource,
        select: Selection {
            fields: fields.into(),
            ..Selection::default()
        },
        ..Request::of(User::named("system:node:a"), key, verb)
    };
    match serve(&mut store(), 0, request) {
        Ok(_) => "ok".into(),
        Err(status) if status.code == 404 => "missing".into(),
        Err(status) => {
            let text = status.message.as_str();
            let authorizer = text.split_once("in the namespace \"default\"");
            let authorizer = authorizer.or(text.split_once("at the cluster scope"));
            let why = authorizer.map(|(_, why)| why.trim_start_matches(": "));
            let why = why.or(text.split_once("is forbidden: ").map(|(_, why)| why));
            why.unwrap_or(text).to_owned()
        }
    }
}

#[test]
fn a_node_reads_what_its_pods_use() {
    let unrelated = "no relationship found between node 'a' and this object";
    let cases = [
        ("Pod", "default", "pod-a", "", "ok"),
        ("Pod", "default", "pod-b", "", unrelated),
        (
            "Pod",
            "",
            "",
            "",
            "can only list/watch pods with spec.nodeName field selector",
        ),
        ("Pod", "", "", "spec.nodeName=a", "ok"),
        (
            "Pod",
            "",
            "",
            "spec.nodeName=b",
            "can only list/watch pods with spec.nodeName field selector",
        ),
        ("Node", "", "a", "", "ok"),
        (
            "Node",
            "",
            "b",
            "",
            "node 'a' cannot read 'b', only its own Node object",
        ),
        (
            "Node",
            "",
            "",
            "",
            "node 'a' cannot read all nodes, only its own Node object",
        ),
        ("Node", "", "", "metadata.name=a", "ok"),
        ("ConfigMap", "default", "used", "", "missing"),
        ("ConfigMap", "default", "other", "", unrelated),
        ("ConfigMap", "default", "", "", "No Object name found"),
        ("Secret", "default", "used", "", "missing"),
        ("Secret", "default", "other", "", unrelated),
        (
            "Secret",
            "",
            "",
            "",
            "can only read namespaced object of this type",
        ),
        ("Lease", "kube-node-lease", "a", "", "missing"),
        ("Service", "default", "x", "", "missing"),
        ("Deployment", "default", "x", "", ""),
    ];
    for (kind, namespace, name, fields, expected) in cases {
        let verb = if name.is_empty() {
            Verb::List
        } else {
            Verb::Get
        };
        let key = Key::new(kind, namespace, name);
        assert_eq!(
            ask(key, "", fields, verb),
            expected,
            "{kind} {name} {fields}"
        );
    }
}

#[test]
fn a_node_writes_what_is_its_own() {
    let labels = |key: &str| map! { "metadata" => map! { "labels" => map! { key => "x" } } };
    let merge = |change: Value| Verb::Patch(PatchType::Merge, change);
    let delete = || Verb::Delete(DeleteOptions::default());
    let evict = || Verb::Create(map! { "metadata" => map! { "name" => "pod-b" } });
    let ready = map! { "status" => map! { "phase" => "Running" } };
    let taints = map! { "spec" => map! { "taints" => Vec::<Value>::new() } };
    let pod = map! { "metadata" => map! { "name" => "new" }, "spec" => map! {} };
    let cases = [
        ("Pod", "pod-a", "status", merge(ready.clone()), "ok"),
        (
            "Pod",
            "pod-b",
            "status",
            merge(ready),
            "node \"a\" can only update pod status for pods with spec.nodeName set to itself",
        ),
        (
            "Pod",
            "pod-a",
            "status",
            merge(labels("app")),
            "node \"a\" cannot update labels through pod status",
        ),
        ("Pod", "pod-a", "", delete(), "ok"),
        (
            "Pod",
            "pod-b",
            "",
            delete(),
            "node \"a\" can only delete pods with spec.nodeName set to itself",
        ),
        (
            "Pod",
            "pod-b",
            "eviction",
            evict(),
            "node a can only evict pods with spec.nodeName set to itself",
        ),
        (
            "Pod",
            "new",
            "",
            Verb::Create(pod),
            "pod does not have \"kubernetes.io/config.mirror\" annotation, node \"a\" can only create \
             mirror pods",
        ),
        ("Node", "a", "", merge(labels("team")), "ok"),
        (
            "Node",
            "a",
            "",
            merge(labels("topology.kubernetes.io/zone")),
            "ok",
        ),
        (
            "Node",
            "a",
            "",
            merge(labels("x.node.kubernetes.io/y")),
            "ok",
        ),
        (
            "Node",
            "a",
            "",
            merge(labels("node-role.kubernetes.io/control-plane")),
            "is not allowed to modify labels: node-role.kubernetes.io/control-plane",
        ),
        (
            "Node",
            "a",
            "",
            merge(labels("node-restriction.kubernetes.io/x")),
            "is not allowed to modify labels: node-restriction.kubernetes.io/x",
        ),
        (
            "Node",
            "a",
            "",
            merge(taints),
            "node \"a\" is not allowed to modify taints",
        ),
        (
            "Node",
            "b",
            "status",
            merge(map! { "status" => map! { "phase" => "x" } }),
            "node \"a\" is not allowed to modify node \"b\"",
        ),
        ("Node", "a", "", delete(), ""),
    ];
    for (kind, name, subresource, verb, expected) in cases {
        let namespace = if kind == "Pod" { "default" } else { "" };
        let key = Key::new(kind, namespace, name);
        let said = ask(key, subresource, "", verb.clone());
        assert_eq!(said, expected, "{kind} {name} {verb:?}");
    }
}
