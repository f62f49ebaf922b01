//! NodeRestriction: a node writes only its own objects, those of its pods, and no label or taint that
//! would draw pods to it (`plugin/pkg/admission/noderestriction/admission.go`).

use crate::{Key, Status, Store, Value, references};
use ecow::{EcoString, eco_format};

/// What marks a pod as the image of one that the kubelet has from a file.
const MIRROR: &str = "kubernetes.io/config.mirror";
/// The namespace of the nodes' leases.
const LEASES: &str = "kube-node-lease";
/// Labels that only others than the node may set.
const RESTRICTION: &str = "node-restriction.kubernetes.io";

/// Labels that a kubelet may set of those that Kubernetes reserves (`k8s.io/kubelet/pkg/apis`,
/// well_known_labels.go), and the domains in which it may set any.
const KUBELET_LABELS: [&str; 12] = [
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "node.kubernetes.io/windows-build",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];
const KUBELET_DOMAINS: [&str; 2] = ["kubelet.kubernetes.io", "node.kubernetes.io"];

/// A write, as admission sees it.
#[derive(Clone, Copy)]
pub(crate) enum Write<'a> {
    /// A new object, or what is sent to a subresource.
    Create(&'a Value),
    /// An old state, and the new one.
    Update(&'a Value, &'a Value),
    /// The end of an object.
    Delete,
}

/// Refuses a node what is not its own.
///
/// # Errors
/// 403, in the plugin's words; 404 if it is about a pod that is not there.
pub(crate) fn check(
    store: &Store,
    node: &str,
    key: &Key,
    subresource: &str,
    write: Write<'_>,
) -> Result<(), Status> {
    let done = match (key.kind.as_str(), subresource) {
        ("Pod", _) => pod(store, node, key, subresource, write)?,
        ("Node", _) => of_node(node, key, write),
        ("PersistentVolumeClaim", "status") => Ok(()),
        ("PersistentVolumeClaim", _) => Err("may only update PVC status".into()),
        ("Lease", _) if key.namespace != LEASES => Err(eco_format!(
            "can only access leases in the {LEASES:?} system namespace"
        )),
        ("Lease", _) => named(node, key, "node lease"),
        ("CSINode", _) => named(node, key, "CSINode"),
        _ => Ok(()),
    };
    done.map_err(|why| Status::forbidden(&key.kind, &key.name, &why))
}

fn named(node: &str, key: &Key, what: &str) -> Result<(), EcoString> {
    match key.name == node {
        true => Ok(()),
        false => Err(eco_format!(
            "can only access {what} with the same name as the requesting node"
        )),
    }
}

fn pod(
    store: &Store,
    node: &str,
    key: &Key,
    subresource: &str,
    write: Write<'_>,
) -> Result<Result<(), EcoString>, Status> {
    let place = |pod: &Value| pod.at(&["spec", "nodeName"]).text() == node;
    let is_own = || match store.get(key) {
        Some(pod) => Ok(place(&pod.value)),
        None => Err(Status::not_found(&key.kind, &key.name)),
    };
    let only = |is_own: bool, what: &str| match is_own {
        true => Ok(()),
        false => Err(eco_format!(
            "node {node:?} can only {what} with spec.nodeName set to itself"
        )),
    };
    Ok(match (subresource, write) {
        ("", Write::Create(pod)) => mirror(store, node, pod),
        ("", Write::Delete) => only(is_own()?, "delete pods"),
        ("", Write::Update(..)) => Err(eco_format!(
            "unexpected operation \"UPDATE\", node {node:?} can only create and delete mirror pods"
        )),
        ("status", Write::Update(old, _)) if !place(old) => {
            only(false, "update pod status for pods")
        }
        ("status", Write::Update(old, new)) => {
            let [before, after] = [old, new].map(|pod| pod.get_near(2, "metadata"));
            match before.is_identical(after) || before.get("labels") == after.get("labels") {
                true => Ok(()),
                false => Err(eco_format!(
                    "node {node:?} cannot update labels through pod status"
                )),
            }
        }
        ("eviction", _) if !is_own()? => Err(eco_format!(
            "node {node} can only evict pods with spec.nodeName set to itself"
        )),
        ("eviction", _) => Ok(()),
        (other, _) => Err(eco_format!(
            "unexpected pod subresource {other:?}, only 'status' and 'eviction' are allowed"
        )),
    })
}

/// A node creates only images of pods that it has from files, and those use no other object.
fn mirror(store: &Store, node: &str, pod: &Value) -> Result<(), EcoString> {
    let spec = pod.get("spec");
    let owners = pod.at(&["metadata", "ownerReferences"]).items();
    let owner = owners.first().unwrap_or(&Value::NULL);
    let field = |name: &str| owner.get(name).text();
    let is_itself = (field("apiVersion"), field("kind"), field("name")) == ("v1", "Node", node);
    let flag = |name: &str| owner.get(name).as_bool() == Some(true);
    let found = store.get(&Key::new("Node", "", node));
    let uid = found.map_or("", |node| node.meta.uid.as_str());
    let uses = |kind: &str| !references::used(spec, kind).is_empty();
    let set = "set to itself";
    let rules = [
        (
            pod.at(&["metadata", "annotations", MIRROR]).is_null(),
            eco_format!(
                "pod does not have {MIRROR:?} annotation, node {node:?} can only create mirror pods"
            ),
        ),
        (
            spec.get("nodeName").text() != node,
            eco_format!("node {node:?} can only create pods with spec.nodeName {set}"),
        ),
        (
            owners.len() > 1,
            eco_format!("node {node:?} can only create pods with a single owner reference {set}"),
        ),
        (
            !is_itself,
            eco_format!("node {node:?} can only create pods with an owner reference {set}"),
        ),
        (
            !flag("controller"),
            eco_format!(
                "node {node:?} can only create pods with a controller owner reference {set}"
            ),
        ),
        (
            flag("blockOwnerDeletion"),
            eco_format!("node {node:?} must not set blockOwnerDeletion on an owner reference"),
        ),
        (
            field("uid") != uid,
            eco_format!(
                "node {node} UID mismatch: expected {} got {uid}",
                field("uid")
            ),
        ),
        (
            uses("ServiceAccount"),
            eco_format!("node {node:?} can not create pods that reference a service account"),
        ),
        (
            uses("Secret"),
            eco_format!("node {node:?} can not create pods that reference secrets"),
        ),
        (
            uses("ConfigMap"),
            eco_format!("node {node:?} can not create pods that reference configmaps"),
        ),
        (
            uses("PersistentVolumeClaim"),
            eco_format!("node {node:?} can not create pods that reference persistentvolumeclaims"),
        ),
    ];
    let broken = rules.into_iter().find(|(is_broken, _)| *is_broken);
    broken.map_or(Ok(()), |(_, why)| Err(why))
}

fn of_node(node: &str, key: &Key, write: Write<'_>) -> Result<(), EcoString> {
    if key.name != node {
        let other = &key.name;
        return Err(eco_format!(
            "node {node:?} is not allowed to modify node {other:?}"
        ));
    }
    let none = Value::Null;
    let (old, new) = match write {
        Write::Create(new) => (&none, new),
        Write::Update(old, new) => (old, new),
        Write::Delete => return Ok(()),
    };
    let taints = |node: &Value| node.at(&["spec", "taints"]).clone();
    if !old.is_null() && taints(old) != taints(new) {
        return Err(eco_format!("node {node:?} is not allowed to modify taints"));
    }
    let forbidden = forbidden_labels(old, new);
    match (forbidden.is_empty(), old.is_null()) {
        (true, _) => Ok(()),
        (false, true) => Err(eco_format!(
            "node {node:?} is not allowed to set the following labels: {}",
            forbidden.join(", ")
        )),
        (false, false) => Err(eco_format!(
            "is not allowed to modify labels: {}",
            forbidden.join(", ")
        )),
    }
}

/// The labels that differ and that a node may not change, by name.
fn forbidden_labels(old: &Value, new: &Value) -> Vec<EcoString> {
    let labels = |node: &Value| node.at(&["metadata", "labels"]).clone();
    let (before, after) = (labels(old), labels(new));
    if before == after {
        return Vec::new();
    }
    let names = before.members().chain(after.members());
    let changed = names.filter(|(name, _)| before.get(name) != after.get(name));
    let mut names: Vec<EcoString> = changed
        .map(|(name, _)| name.clone())
        .filter(|name| is_forbidden(name))
        .collect();
    lean::sort(&mut names);
    names.dedup();
    names
}

fn is_forbidden(label: &str) -> bool {
    let domain = label.split_once('/').map_or("", |(domain, _)| domain);
    let within = |parent: &str| {
        let rest = domain.strip_suffix(parent);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let is_known = KUBELET_LABELS.contains(&label) || KUBELET_DOMAINS.iter().any(|it| within(it));
    within(RESTRICTION) || (within("kubernetes.io") || within("k8s.io")) && !is_known
}
