//! The node authorizer: some objects a node reaches only if they are its own, or if a pod on it uses
//! them (`plugin/pkg/auth/authorizer/node/node_authorizer.go`).

use super::Attributes;
use crate::{Key, Store, references};
use ecow::{EcoString, eco_format};

/// Group, resource and kind of what a node reaches in part; all else it does by the rules of
/// `system:node`.
const DIVIDED: &[(&str, &str, &str)] = &[
    ("", "configmaps", "ConfigMap"),
    ("", "nodes", "Node"),
    ("", "persistentvolumeclaims", "PersistentVolumeClaim"),
    ("", "persistentvolumes", "PersistentVolume"),
    ("", "pods", "Pod"),
    ("", "secrets", "Secret"),
    ("", "serviceaccounts", "ServiceAccount"),
    ("coordination.k8s.io", "leases", "Lease"),
    ("resource.k8s.io", "resourceclaims", "ResourceClaim"),
    ("resource.k8s.io", "resourceslices", "ResourceSlice"),
    ("storage.k8s.io", "csinodes", "CSINode"),
    ("storage.k8s.io", "volumeattachments", "VolumeAttachment"),
];

/// The namespace of the nodes' leases.
const LEASES: &str = "kube-node-lease";

/// Whether nodes reach only some objects of a resource.
pub(super) fn is_divided(resource: &str) -> bool {
    DIVIDED.iter().any(|(_, it, _)| *it == resource)
}

/// Whether a node may do something with a resource of which it reaches only some objects.
///
/// # Errors
/// Why not; empty where the authorizer does not say.
pub(super) fn check(store: &Store, node: &str, wanted: &Attributes) -> Result<(), EcoString> {
    if node.is_empty() {
        return Err(eco_format!("unknown node for user \"system:node:{node}\""));
    }
    let place = (wanted.group.as_str(), wanted.resource.as_str());
    let found = DIVIDED
        .iter()
        .find(|(group, name, _)| (*group, *name) == place);
    let Some((.., kind)) = found else {
        return Err(EcoString::new());
    };
    let verb = wanted.verb.as_str();
    let no = |why: &str| Err(EcoString::from(why));
    match (*kind, wanted.subresource.as_str(), verb) {
        ("ConfigMap" | "Secret", part, _) => match (verb, part, wanted.namespace.as_str()) {
            ("get" | "list" | "watch", "", "") => {
                no("can only read namespaced object of this type")
            }
            ("get" | "list" | "watch", "", _) => related(store, node, kind, wanted),
            ("get" | "list" | "watch", ..) => no("cannot read subresource"),
            _ => no("can only read resources of this type"),
        },
        ("PersistentVolumeClaim", "status", "update" | "patch") => {
            related(store, node, kind, wanted)
        }
        ("PersistentVolumeClaim", "status", _) => no("can only get/update/patch this type"),
        ("ServiceAccount", "token", "create") if !wanted.name.is_empty() => {
            related(store, node, kind, wanted)
        }
        ("ServiceAccount", _, "create") if !wanted.name.is_empty() => {
            no("can only create token subresource of serviceaccount")
        }
        ("ServiceAccount", ..) => no("can only create tokens for individual service accounts"),
        ("Lease", ..) => lease(node, wanted),
        ("CSINode", part, _) => {
            own(node, wanted, "a CSINode", "CSINode").and_then(|()| match part {
                "" => Ok(()),
                _ => no("cannot authorize CSINode subresources"),
            })
        }
        ("ResourceSlice", "", "create") => Ok(()),
        ("ResourceSlice", "", "get" | "update" | "patch" | "delete") => {
            related(store, node, kind, wanted)
        }
        ("ResourceSlice", "", "list" | "watch" | "deletecollection") => {
            scoped(wanted, "nodeName", node).or(no(
                "can only list/watch/deletecollection resourceslices with nodeName field selector",
            ))
        }
        ("ResourceSlice", ..) => no("cannot authorize ResourceSlice subresources"),
        ("Node", "", "create" | "update" | "patch") | ("Node", "status", "update" | "patch") => {
            Ok(())
        }
        ("Node", "", "get" | "list" | "watch") => match wanted.name.as_str() {
            name if name == node => Ok(()),
            "" => Err(eco_format!(
                "node '{node}' cannot read all nodes, only its own Node object"
            )),
            other => Err(eco_format!(
                "node '{node}' cannot read '{other}', only its own Node object"
            )),
        },
        ("Pod", "", "get") => related(store, node, kind, wanted),
        ("Pod", "", "list" | "watch") => match scoped(wanted, "spec.nodeName", node) {
            Ok(()) => Ok(()),
            Err(_) if !wanted.name.is_empty() => related(store, node, kind, wanted),
            Err(_) => no("can only list/watch pods with spec.nodeName field selector"),
        },
        ("Pod", "", "create" | "delete")
        | ("Pod", "status", "update" | "patch")
        | ("Pod", "eviction", "create") => Ok(()),
        ("Node" | "Pod", ..) => no(""),
        (_, "", "get") => related(store, node, kind, wanted),
        (_, _, "get") => no("cannot get subresource"),
        _ => no("can only get individual resources of this type"),
    }
}

/// Whether what is asked for is selected by a field that names the node.
fn scoped(wanted: &Attributes, field: &str, node: &str) -> Result<(), EcoString> {
    let mut parts = wanted.fields.split(',').filter_map(|it| it.split_once('='));
    let is_own = |(key, value): (&str, &str)| {
        key.trim() == field && value.trim_start_matches('=').trim() == node
    };
    match parts.any(is_own) {
        true => Ok(()),
        false => Err(EcoString::new()),
    }
}

/// Whether an object of the node's own name is meant.
fn own(node: &str, wanted: &Attributes, one: &str, kind: &str) -> Result<(), EcoString> {
    let verb = wanted.verb.as_str();
    if !matches!(verb, "get" | "create" | "update" | "patch" | "delete") {
        return Err(eco_format!(
            "can only get, create, update, patch, or delete {one}"
        ));
    }
    match verb == "create" || wanted.name == node {
        true => Ok(()),
        false => Err(eco_format!(
            "can only access {kind} with the same name as the requesting node"
        )),
    }
}

fn lease(node: &str, wanted: &Attributes) -> Result<(), EcoString> {
    let named = own(node, wanted, "a node lease", "node lease");
    match named {
        Err(why) if why.starts_with("can only get") => Err(why),
        _ if wanted.namespace != LEASES => Err(eco_format!(
            "can only access leases in the {LEASES:?} system namespace"
        )),
        named => named,
    }
}

/// Whether an object is the node's business.
fn related(store: &Store, node: &str, kind: &str, wanted: &Attributes) -> Result<(), EcoString> {
    if wanted.name.is_empty() {
        return Err("No Object name found".into());
    }
    match is_related(store, node, kind, wanted) {
        true => Ok(()),
        false => Err(eco_format!(
            "no relationship found between node '{node}' and this object"
        )),
    }
}

fn is_related(store: &Store, node: &str, kind: &str, wanted: &Attributes) -> bool {
    let (space, name) = (&wanted.namespace, &wanted.name);
    let named = |kind: &str, space: &str, name: &str| store.get(&Key::new(kind, space, name));
    match kind {
        "Pod" => {
            named(kind, space, name).is_some_and(|it| it.spec().get("nodeName").text() == node)
        }
        "ResourceSlice" | "VolumeAttachment" => {
            named(kind, "", name).is_some_and(|it| it.spec().get("nodeName").text() == node)
        }
        // Of a volume it is its claim that pods use.
        "PersistentVolume" => named(kind, "", name).is_some_and(|volume| {
            let claim = volume.spec().get("claimRef");
            let (space, name) = (claim.get("namespace").text(), claim.get("name").text());
            is_used(store, node, "PersistentVolumeClaim", space, name)
        }),
        _ => is_used(store, node, kind, space, name),
    }
}

/// Whether a pod on the node uses an object.
fn is_used(store: &Store, node: &str, kind: &str, space: &str, name: &str) -> bool {
    let mut pods = store.pods_on(&node.into());
    pods.any(|pod| pod.key.namespace == space && references::used(pod.spec(), kind).contains(&name))
}
