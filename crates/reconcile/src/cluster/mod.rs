//! The cluster's controllers, its nodes, and its network with the load on it.
//!
//! A controller is one file with one `reconcile`, and one line in [`CONTROLLERS`]. It reads the
//! store and returns a [`Plan`]; it keeps nothing between two looks but what is [`Memory`], so it may
//! be forgotten and started again at any time.

mod conditions;
pub mod deployment;
mod endpoint_slice;
mod garbage_collector;
pub mod horizontal_pod_autoscaler;
mod job;
pub mod kubelet;
pub(crate) mod metrics_server;
mod namespace;
pub mod network;
pub(crate) mod node_lifecycle;
pub mod nodes;
pub mod pod;
mod pod_disruption_budget;
mod pod_garbage_collector;
mod replica_set;
pub mod requests;
mod resource_quota;
mod scheduler;
mod taint_eviction;
mod ttl_after_finished;
mod users;

use crate::gitops;
use crate::pipeline;
use crate::plan::Plan;
use crate::timings::Timings;
use kube::{Change, Key, Millis, Store};
use lean::SharedMap;

pub(crate) use scheduler::NAME as SCHEDULER;
pub(crate) use users::user_of;

/// How long a controller waits after a refusal: the middle of what the real work queues do with
/// their exponential back-off from 5 ms.
pub(crate) const RETRY: Millis = 200;
/// The longest that a work queue lets a failing object wait (`DefaultControllerRateLimiter`).
const RETRY_MOST: Millis = 1_000_000;

/// When to try again what has been failing for so long: ever more seldom.
fn retry_after(failing: Millis) -> Millis {
    failing.clamp(RETRY, RETRY_MOST)
}

/// What a controller remembers of an object between two looks. The real one loses it when it is
/// started again, too.
#[derive(Clone, Debug)]
pub enum Memory {
    /// What an autoscaler asked for and did.
    Autoscaler(horizontal_pod_autoscaler::Memory),
    /// How often pods of a Job failed.
    Job(job::BackOff),
}

/// What the controllers remember.
pub type Memories = SharedMap<Key, Memory>;

/// The controllers that remember something, and of objects of which kind.
pub(crate) const REMEMBER: [(&str, &str); 2] = [
    (
        horizontal_pod_autoscaler::CONTROLLER.name,
        "HorizontalPodAutoscaler",
    ),
    (job::CONTROLLER.name, "Job"),
];

/// What a controller may know besides the store.
pub struct Context<'a> {
    /// The moment.
    pub now: Millis,
    /// How full the nodes are.
    pub nodes: &'a nodes::Nodes,
    /// The nodes whose kubelets are silent.
    pub silent: &'a kubelet::Silent,
    /// What the pods use.
    pub network: &'a network::Network,
    /// What the controllers remember.
    pub memories: &'a Memories,
    /// The repositories, and what the GitOps controllers keep.
    pub delivery: &'a pipeline::State,
    /// How long things take.
    pub timings: &'a Timings,
}

/// One loop of the cluster: what it watches, and what it does about it.
pub struct Controller {
    /// The name it acts under.
    pub name: &'static str,
    /// Which objects it should look at after a change.
    pub watches: fn(&Store, &Change, &mut Vec<Key>),
    /// How long it gathers changes before it looks. What an object asks for (its generation) it looks
    /// at straight away.
    pub batch: Millis,
    /// Compares one object's current state with its desired state, and plans the difference.
    pub reconcile: fn(&Store, &Key, &Context<'_>) -> Plan,
}

/// Every controller.
pub const CONTROLLERS: &[Controller] = &[
    // Before the Deployment's: who sees the same change at the same moment acts on it first.
    replica_set::CONTROLLER,
    deployment::CONTROLLER,
    endpoint_slice::CONTROLLER,
    garbage_collector::CONTROLLER,
    job::CONTROLLER,
    ttl_after_finished::CONTROLLER,
    horizontal_pod_autoscaler::CONTROLLER,
    scheduler::CONTROLLER,
    resource_quota::CONTROLLER,
    pod_disruption_budget::CONTROLLER,
    gitops::argocd::CONTROLLER,
    namespace::CONTROLLER,
    namespace::SERVICE_ACCOUNTS,
    namespace::CERTIFICATES,
    gitops::flux::git_repository::CONTROLLER,
    gitops::flux::helm_release::CONTROLLER,
    gitops::flux::kustomization::CONTROLLER,
    node_lifecycle::CONTROLLER,
    taint_eviction::CONTROLLER,
    pod_garbage_collector::CONTROLLER,
    pod_garbage_collector::OUT_OF_SERVICE,
    network::load_balancer::CONTROLLER,
    network::ingress::CONTROLLER,
    gitops::argocd::application_set::CONTROLLER,
];

/// Kinds that a real cluster acts on and the lab does not. Those that only hold data, such as
/// ConfigMaps, are not among them.
const NOT_ACTED_ON: &[&str] = &[
    "APIService",
    "CertificateSigningRequest",
    "CronJob",
    "CustomResourceDefinition",
    "DaemonSet",
    "DeviceClass",
    "Endpoints",
    "FlowSchema",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "PersistentVolumeClaim",
    "PriorityLevelConfiguration",
    "ReplicationController",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "ResourceSlice",
    "RuntimeClass",
    "ServiceCIDR",
    "StatefulSet",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
];

/// Whether the lab acts on a kind, or there is nothing to act on.
pub(crate) fn acts_on(kind: &str) -> bool {
    kube::kind_info(kind).is_some() && !NOT_ACTED_ON.contains(&kind)
}

/// The owner of a changed object, if it is of this kind: what an owner's controller watches. When
/// the owner changes hands, both are told.
pub(crate) fn owners(change: &Change, kind: &str, keys: &mut Vec<Key>) {
    let before = change.old.iter();
    let others = before.filter(|old| old.controller_ref() != change.new.controller_ref());
    for object in others.chain([&change.new]) {
        let owner = object.controller_ref();
        if owner.get("kind").text() == kind {
            let key = object.key.sibling(kind, owner.get("name").to_text());
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
}

/// A selector's owners-to-be: the objects of `kind` in the namespace whose selector matches an
/// object that belongs to nobody.
fn adopters(store: &Store, change: &Change, kind: &str, keys: &mut Vec<Key>) {
    let orphan = &change.new;
    if !orphan.meta.controller.is_empty() {
        return;
    }
    let labels = orphan.labels();
    for candidate in store.list_in(kind, &orphan.key.namespace) {
        if kube::selector::matches(candidate.spec().get("selector"), labels) {
            keys.push(candidate.key.clone());
        }
    }
}
