//! How strategic merge treats each field: which lists are merged, and by what.
//!
//! Kubernetes says it in struct tags (`patchStrategy`, `patchMergeKey`) of `k8s.io/api` and
//! `k8s.io/apimachinery/pkg/apis/meta/v1`. Among all kinds of Kubernetes 1.36 the name of a field
//! and that of the field around it determine the tags, but for one field of one kind. So the table
//! has names, not types.

use crate::Value;

/// How a field is patched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strategy {
    /// Whether a list is merged; else it is replaced as a whole.
    pub merge: bool,
    /// The field that tells a merged list's items apart; none for lists of plain values.
    pub key: Option<&'static str>,
    /// Whether a map is replaced as a whole.
    pub replace: bool,
    /// Whether a client says which members are to stay (`$retainKeys`): of the members, one excludes
    /// the others.
    pub retain_keys: bool,
}

/// The merged lists: the field around them, their name, and their key.
const LISTS: &[(&str, &str, &str)] = &[
    ("", "secrets", "name"),
    ("", "webhooks", "name"),
    ("containerStatuses", "allocatedResourcesStatus", "name"),
    ("containerStatuses", "volumeMounts", "mountPath"),
    ("containers", "env", "name"),
    ("containers", "ports", "containerPort"),
    ("containers", "volumeDevices", "devicePath"),
    ("containers", "volumeMounts", "mountPath"),
    ("metadata", "finalizers", ""),
    ("metadata", "ownerReferences", "uid"),
    ("spec", "containers", "name"),
    ("spec", "drivers", "name"),
    ("spec", "ephemeralContainers", "name"),
    ("spec", "hostAliases", "ip"),
    ("spec", "imagePullSecrets", "name"),
    ("spec", "initContainers", "name"),
    ("spec", "matchConditions", "name"),
    ("spec", "podCIDRs", ""),
    ("spec", "ports", "port"),
    ("spec", "resourceClaims", "name"),
    ("spec", "schedulingGates", "name"),
    ("spec", "topologySpreadConstraints", "topologyKey"),
    ("spec", "variables", "name"),
    ("spec", "volumes", "name"),
    ("status", "addresses", "type"),
    ("status", "conditions", "type"),
    ("status", "hostIPs", "ip"),
    ("status", "podIPs", "ip"),
    ("status", "resourceClaimStatuses", "name"),
    ("webhooks", "matchConditions", "name"),
];

/// Fields whose members exclude one another.
const ONE_OF: &[(&str, &str)] = &[
    ("spec", "resourceClaims"),
    ("spec", "strategy"),
    ("spec", "volumes"),
    ("status", "resourceClaimStatuses"),
];

/// A place in an object: the object's kind, and the name of the field one is in (empty at the root).
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub kind: &'a str,
    pub field: &'a str,
}

impl<'a> Place<'a> {
    /// The root of an object.
    pub fn root(object: &'a Value) -> Place<'a> {
        Place {
            kind: object.get("kind").text(),
            field: "",
        }
    }

    /// Inside a field; for a list, inside its items.
    pub fn inside(self, field: &'a str) -> Place<'a> {
        Place { field, ..self }
    }

    /// How the field `name` here is patched.
    pub fn strategy(self, name: &str) -> Strategy {
        let around = match self.field {
            "initContainers" | "ephemeralContainers" => "containers",
            "initContainerStatuses" | "ephemeralContainerStatuses" => "containerStatuses",
            field => field,
        };
        let list = LISTS
            .iter()
            .find(|(parent, field, _)| *parent == around && *field == name);
        Strategy {
            merge: list.is_some(),
            key: list.map(|(_, _, key)| *key).filter(|key| !key.is_empty()),
            replace: (self.kind, around, name) == ("PodDisruptionBudget", "spec", "selector"),
            retain_keys: ONE_OF.contains(&(around, name)),
        }
    }
}

/// The groups that Kubernetes itself serves. All else comes from CustomResourceDefinitions, of whose
/// fields nobody knows how they merge.
const GROUPS: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Whether an object is of a kind that takes strategic merge patches.
#[must_use]
pub fn is_strategic(object: &Value) -> bool {
    match object.get("apiVersion").text().split_once('/') {
        Some((group, _)) => GROUPS.contains(&group),
        None => true,
    }
}
