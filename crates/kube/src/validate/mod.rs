//! Rules that an object must keep (`pkg/apis/*/validation` of Kubernetes), with the server's field
//! paths and words. What is allowed but unwise is not said here.
//!
//! One file a kind or group of kinds; [`VALIDATORS`] lists them. What they share: [`faults`] collects,
//! [`names`] knows the forms of names, [`meta`] the metadata and label selectors.

mod autoscaler;
mod batch;
mod claims;
mod config;
mod container;
mod faults;
mod job_policy;
mod meta;
pub(crate) mod names;
mod network;
mod placement;
mod pod;
mod policy;
mod probe;
mod rbac;
mod resources;
mod schedule;
mod service;
mod storage;
mod volumes;
mod windows;
mod workload;

use crate::{Status, Value, kind_info};
pub(crate) use faults::json;
use faults::{Faults, Path, Seen};
use names::Check;
pub(crate) use names::label as check_label;

/// Checks an object of one kind; the old state comes with an update.
type Validator = fn(&mut Faults, &Value, Option<&Value>);

/// Every kind with rules of its own: how its objects may be called, and what else holds.
const VALIDATORS: &[(&str, Check, Validator)] = &[
    ("ClusterRole", names::path_segment, rbac::role),
    (
        "ClusterRoleBinding",
        names::path_segment,
        rbac::role_binding,
    ),
    ("ConfigMap", names::subdomain, config::config_map),
    ("CronJob", names::subdomain, batch::cron_job),
    ("DaemonSet", names::subdomain, workload::daemon_set),
    ("Deployment", names::subdomain, workload::deployment),
    (
        "HorizontalPodAutoscaler",
        names::subdomain,
        autoscaler::autoscaler,
    ),
    ("Ingress", names::subdomain, network::ingress),
    ("IngressClass", names::subdomain, network::ingress_class),
    ("Job", names::subdomain, batch::job),
    ("LimitRange", names::subdomain, policy::limit_range),
    ("Namespace", names::label, config::namespace),
    ("NetworkPolicy", names::subdomain, network::network_policy),
    ("PersistentVolume", names::subdomain, storage::volume),
    ("PersistentVolumeClaim", names::subdomain, storage::claim),
    ("Pod", names::subdomain, pod::pod),
    (
        "PodDisruptionBudget",
        names::subdomain,
        policy::disruption_budget,
    ),
    ("PriorityClass", names::subdomain, policy::priority_class),
    ("ReplicaSet", names::subdomain, workload::replica_set),
    (
        "ReplicationController",
        names::subdomain,
        workload::replica_set,
    ),
    ("ResourceQuota", names::subdomain, policy::resource_quota),
    ("Role", names::path_segment, rbac::role),
    ("RoleBinding", names::path_segment, rbac::role_binding),
    ("Secret", names::subdomain, config::secret),
    ("Service", names::label, service::service),
    ("StatefulSet", names::label, workload::stateful_set),
    ("StorageClass", names::subdomain, storage::class),
];

/// Checks a new object, or the new state of an old one.
pub(crate) fn check(old: Option<&Value>, new: &Value) -> Result<(), Status> {
    let kind = new.get("kind").text();
    let known = VALIDATORS.iter().find(|(name, ..)| *name == kind);
    let (name_rule, validate) = match known {
        Some((_, rule, validate)) => (*rule, Some(validate)),
        None => (names::subdomain as Check, None),
    };
    let mut faults = Faults::default();
    let known = kind_info(kind).is_some();
    match old {
        None => meta::created(
            &mut faults,
            new,
            if known {
                name_rule
            } else {
                names::path_segment
            },
        ),
        Some(_) => meta::updated(&mut faults, new),
    }
    if let Some(validate) = validate {
        validate(&mut faults, new, old);
    }
    match faults.into_causes() {
        causes if causes.is_empty() => Ok(()),
        causes => Err(Status::invalid(new, causes)),
    }
}

/// The path of an object's `spec`.
const SPEC: Path<'static> = Path::root("spec");
