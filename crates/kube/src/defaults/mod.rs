//! What the API server fills in (`pkg/apis/*/v1/defaults.go` and the conversions beside them).
//!
//! Every function only adds what is absent, so an object that is complete already is not copied.
//! What decides by other objects of the cluster (service accounts, priorities, limits) is admission,
//! not defaulting.

mod batch;
mod network;
mod pod;
mod policy;
mod quantities;
mod sparse;
mod storage;
mod workload;

pub use pod::qos_class;
pub use policy::{from_base64, to_base64};

use crate::{KindInfo, Value, kind_info, map};
use std::cell::RefCell;

/// The default values of one kind.
type Defaulter = fn(&mut Value);

/// Every kind that has defaults, by name.
const DEFAULTERS: &[(&str, Defaulter)] = &[
    ("ClusterRole", policy::role),
    ("ClusterRoleBinding", policy::role_binding),
    ("ConfigMap", policy::config_map),
    ("CronJob", batch::cron_job),
    ("DaemonSet", workload::daemon_set),
    ("Deployment", workload::deployment),
    ("HorizontalPodAutoscaler", policy::autoscaler),
    ("IngressClass", network::ingress_class),
    ("Job", batch::job),
    ("LimitRange", policy::limit_range),
    ("Namespace", policy::namespace),
    ("NetworkPolicy", network::network_policy),
    ("Node", node),
    ("Lease", policy::spec),
    ("PersistentVolume", storage::volume),
    ("PersistentVolumeClaim", storage::claim),
    ("Pod", pod::pod),
    ("PodDisruptionBudget", policy::spec),
    ("PriorityClass", policy::priority_class),
    ("ReplicaSet", workload::replica_set),
    ("ReplicationController", workload::replication_controller),
    ("ResourceQuota", policy::spec),
    ("Role", policy::role),
    ("RoleBinding", policy::role_binding),
    ("Secret", policy::secret),
    ("Service", network::service),
    ("StatefulSet", workload::stateful_set),
    ("StorageClass", storage::class),
];

/// Fills in what an object of its kind leaves open, and writes it as the server would: what is empty
/// is left out, and quantities are in their canonical form.
pub(crate) fn apply(object: &mut Value) {
    let Some(info) = kind_info(object.get("kind").text()) else {
        return;
    };
    // Of a pod only the spec is filled in, and a thousand pods of one template have the same.
    let given = match info.kind {
        "Pod" => object.get("spec").clone(),
        _ => Value::Null,
    };
    let known = FILLED.with_borrow(|filled| {
        let same = filled.iter().find(|(before, _)| *before == given);
        same.map(|(_, after)| after.clone())
    });
    if let Some(spec) = known.filter(|_| !given.is_null()) {
        *object.entry("spec") = spec;
        sparse::leave_out(object, "spec");
        return;
    }
    sparse::leave_out(object, "");
    quantities::canonicalize(object);
    if let Some((_, defaulter)) = DEFAULTERS.iter().find(|(kind, _)| *kind == info.kind) {
        defaulter(object);
    }
    if !given.is_null() {
        let filled = (given, object.get("spec").clone());
        FILLED.with_borrow_mut(|all| lean::remember(all, filled, REMEMBERED));
    }
}

/// How many specs of pods are remembered.
const REMEMBERED: usize = 8;

thread_local! {
    /// The specs of pods that were filled in last, before and after.
    static FILLED: RefCell<Vec<(Value, Value)>> = const { RefCell::new(Vec::new()) };
}

/// What nobody keeps back of a node is for pods (`pkg/apis/core/v1/defaults.go`, SetDefaults_NodeStatus).
fn node(node: &mut Value) {
    let status = node.get("status");
    let capacity = status.get("capacity").clone();
    if status.get("allocatable").is_null() && !capacity.is_null() {
        node.entry("status").set("allocatable", capacity);
    }
}

/// The status that an object of a kind begins with (the kinds' `PrepareForCreate`). None: the kind
/// keeps what it was given.
pub(crate) fn first_status(info: &KindInfo, object: &Value) -> Option<Value> {
    Some(match info.kind {
        "Deployment" | "Job" | "CronJob" | "ResourceQuota" => map! {},
        "ReplicaSet" | "ReplicationController" => map! { "replicas" => 0 },
        "StatefulSet" => map! { "replicas" => 0, "availableReplicas" => 0 },
        "DaemonSet" => map! {
            "currentNumberScheduled" => 0,
            "desiredNumberScheduled" => 0,
            "numberMisscheduled" => 0,
            "numberReady" => 0,
        },
        "HorizontalPodAutoscaler" => policy::autoscaler_status(object),
        "Ingress" | "Service" => map! { "loadBalancer" => map! {} },
        "Namespace" => map! { "phase" => "Active" },
        "PersistentVolumeClaim" => map! { "phase" => "Pending" },
        "Pod" => map! { "phase" => "Pending", "qosClass" => qos_class(object.get("spec")) },
        "PodDisruptionBudget" => map! {
            "currentHealthy" => 0,
            "desiredHealthy" => 0,
            "disruptionsAllowed" => 0,
            "expectedPods" => 0,
        },
        _ => return None,
    })
}

// The next are one copy of machine code each, whatever they are asked to do: a page loads them.

/// Changes a member of a map in place; one that is absent becomes an empty map.
#[inline]
fn within(object: &mut Value, key: &str, change: impl Fn(&mut Value)) {
    change_member(object, key, &change);
}

#[inline(never)]
fn change_member(object: &mut Value, key: &str, change: &dyn Fn(&mut Value)) {
    // Written back only if it changed: what is shared stays shared.
    let mut member = object.get(key).clone();
    if member.is_null() {
        member = map! {};
    }
    change(&mut member);
    if object.get(key) != &member {
        *object.entry(key) = member;
    }
}

/// Changes a member of a map in place, if it is there.
#[inline]
fn inside(object: &mut Value, key: &str, change: impl Fn(&mut Value)) {
    if !object.get(key).is_null() {
        change_member(object, key, &change);
    }
}

/// Changes each item of a list in place.
#[inline]
fn each(object: &mut Value, key: &str, change: impl Fn(&mut Value)) {
    change_items(object, key, &change);
}

#[inline(never)]
fn change_items(object: &mut Value, key: &str, change: &dyn Fn(&mut Value)) {
    let items = object.get(key).items();
    let mut changed = items.to_vec();
    changed.iter_mut().for_each(change);
    if items != changed.as_slice() {
        *object.entry(key) = changed.into();
    }
}

/// Sets a member that is absent.
#[inline]
fn default(object: &mut Value, key: &str, value: impl Into<Value>) {
    set_absent(object, key, value.into());
}

/// Sets a member that is absent or has its type's zero value: of a field that is no pointer in Go, the
/// server cannot tell them apart.
#[inline]
fn default_zero(object: &mut Value, key: &str, value: impl Into<Value>) {
    set_zero(object, key, value.into());
}

#[inline(never)]
fn set_zero(object: &mut Value, key: &str, value: Value) {
    let member = object.get(key);
    if member.is_null() || member.as_str() == Some("") || member.as_int() == Some(0) {
        *object.entry(key) = value;
    }
}

#[inline(never)]
fn set_absent(object: &mut Value, key: &str, value: Value) {
    if object.get(key).is_null() {
        *object.entry(key) = value;
    }
}
