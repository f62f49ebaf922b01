//! What the controllers, the scheduler and the kubelets do, and why: the story's part in the cluster.
//! Kubernetes' own messages stand where it writes them.

use ecow::{EcoString, eco_format};
use kube::Key;

use super::counted;

fn pods(count: i64) -> EcoString {
    counted(count, "pod", "pods")
}

// Deployments

/// Only the number of pods changed.
pub(crate) fn only_replicas(before: i64, wanted: i64, hash: &str) -> EcoString {
    eco_format!(
        "spec.replicas went from {before} to {wanted}; the pod template, and with it the hash {hash}, \
         is the same. So there is no new ReplicaSet, and no running pod restarts."
    )
}

/// Something outside the pod template changed.
pub(crate) fn outside_the_template(hash: &str) -> EcoString {
    eco_format!(
        "The change lies outside spec.template: its hash is still {hash}. So there is no new \
         ReplicaSet, and no pod restarts."
    )
}

/// `Recreate` ends a ReplicaSet.
pub(crate) fn recreate_ends(set: &str) -> EcoString {
    eco_format!("The strategy is Recreate: the pods of {set} go before new ones come.")
}

/// `Recreate` begins with the new ReplicaSet.
pub(crate) fn recreate_begins(set: &str, want: i64) -> EcoString {
    let pods = pods(want);
    eco_format!("No old pod is left, so {set} gets its {pods}.")
}

/// The newest ReplicaSet has more pods than are wanted.
pub(crate) fn keeps_no_more(deployment: &str, want: i64, set: &str) -> EcoString {
    let pods = pods(want);
    eco_format!("{deployment} wants {pods}, so {set} keeps no more.")
}

/// The newest ReplicaSet grows, as far as the surge allows.
pub(crate) fn grows(
    (want, surge, total): (i64, i64, i64),
    set: &str,
    (from, to): (i64, i64),
) -> EcoString {
    let most = pods(want + surge);
    eco_format!(
        "There may be {most} ({want} and a surge of {surge}) and there are {total}, so {set} grows \
         from {from} to {to}."
    )
}

/// An old ReplicaSet gives up pods that do not answer.
pub(crate) fn not_available_anyway(pods: i64, set: &str) -> EcoString {
    match pods {
        1 => eco_format!("One of the pods of {set} is not available anyway, so it goes first."),
        _ => eco_format!("{pods} of the pods of {set} are not available anyway, so they go first."),
    }
}

/// An old ReplicaSet shrinks, as far as enough pods stay available.
pub(crate) fn shrinks(
    (available, least): (i64, i64),
    set: &str,
    (from, to): (i64, i64),
) -> EcoString {
    let are = counted(available, "pod is", "pods are");
    eco_format!("{are} available and {least} must be, so {set} shrinks from {from} to {to}.")
}

/// Another number of pods is wanted.
pub(crate) fn wants_now(deployment: &str, want: i64, set: &str, from: i64) -> EcoString {
    let pods = pods(want);
    eco_format!("{deployment} wants {pods} now, so {set} goes from {from} to {want}.")
}

/// An old ReplicaSet is of no use any more.
pub(crate) fn newest_has_all(set: &str) -> EcoString {
    eco_format!("The newest ReplicaSet has all pods, so {set} ends.")
}

/// Another number of pods is wanted while ReplicaSets change places.
pub(crate) fn takes_its_share(deployment: &str, want: i64, set: &str) -> EcoString {
    let pods = pods(want);
    eco_format!("{deployment} wants {pods} now, in the middle of a rollout: {set} takes its share.")
}

/// `revisionHistoryLimit` ends an old ReplicaSet.
pub(crate) fn history_is_full(deployment: &str, limit: i64, set: &str) -> EcoString {
    let sets = counted(limit, "old ReplicaSet", "old ReplicaSets");
    eco_format!("{deployment} keeps {sets}, and {set} is older.")
}

/// A ReplicaSet of before has the template that is wanted again.
pub(crate) fn used_again(set: &str, revision: i64) -> EcoString {
    eco_format!(
        "ReplicaSet {set} has the template that is wanted now: it is used again, as revision {revision}."
    )
}

/// A ReplicaSet takes over what its Deployment says.
pub(crate) fn follows(set: &Key, deployment: &Key) -> EcoString {
    eco_format!("{set} follows {deployment}.")
}

/// A new template has a new ReplicaSet.
pub(crate) fn new_template(
    deployment: &str,
    set: &str,
    revision: i64,
    (size, want): (i64, i64),
) -> EcoString {
    let pods = pods(want);
    eco_format!(
        "The pod template of {deployment} changed, so its hash did: ReplicaSet {set} is made for \
         revision {revision}, and begins with {size} of {pods}."
    )
}

/// A Deployment's first ReplicaSet.
pub(crate) fn first_set(deployment: &str, set: &str, revision: i64, size: i64) -> EcoString {
    let pods = pods(size);
    eco_format!(
        "{deployment} has no ReplicaSet yet: {set} is made for revision {revision}, with {pods}."
    )
}

/// The ReplicaSet of the template cannot be made.
pub(crate) fn no_set(deployment: &Key) -> EcoString {
    eco_format!("{deployment} has no ReplicaSet of its template.")
}

/// The rollout of a ReplicaSet is over; `whom` is what Kubernetes calls it.
pub(crate) fn complete(whom: &str, pods: i64) -> EcoString {
    let has = match pods {
        1 => "its pod, it is available".into(),
        _ => eco_format!("all {pods} pods, they are available"),
    };
    eco_format!("{whom} has {has}, and no old one is wanted any more: the rollout is complete.")
}

/// Kubernetes says that a rollout takes too long, and this behind it.
pub(crate) fn deadline_exceeded(message: &str) -> EcoString {
    eco_format!(
        "{message} Nothing got on for spec.progressDeadlineSeconds. Kubernetes reports it and goes on \
         trying; it does not roll back by itself."
    )
}

/// How far a Deployment is.
pub(crate) fn pods_updated(deployment: &str, updated: i64, want: i64, available: i64) -> EcoString {
    let pods = pods(want);
    eco_format!("{deployment} has {updated} of {pods} updated, {available} available.")
}

// ReplicaSets and Jobs

/// Something leaves its owner, whose selector it does not match any more.
pub(crate) fn no_longer_matches(object: &Key, owner: &Key) -> EcoString {
    eco_format!("{object} no longer matches the selector of {owner}.")
}

/// Something that nobody owns is adopted.
pub(crate) fn has_no_owner(object: &Key, owner: &Key) -> EcoString {
    eco_format!("{object} matches the selector of {owner} and has no owner.")
}

/// A ReplicaSet has too few pods, or too many.
pub(crate) fn wants_and_has(set: &str, want: i64, have: i64) -> EcoString {
    let pods = pods(want);
    eco_format!("{set} wants {pods} and has {have}.")
}

/// How a ReplicaSet is.
pub(crate) fn pods_ready(set: &str, pods: i64, ready: i64) -> EcoString {
    match pods {
        1 => eco_format!("{set} has 1 pod, {ready} ready."),
        _ => eco_format!("{set} has {pods} pods, {ready} of them ready."),
    }
}

/// A Job that was kept as long as it was to be.
pub(crate) const FINISHED_LONG_AGO: &str =
    "It finished longer ago than its ttlSecondsAfterFinished.";

/// How a Job is.
pub(crate) fn job_counts(job: &str, active: i64, succeeded: i64, failed: i64) -> EcoString {
    eco_format!("{job} has {active} active pods; {succeeded} succeeded and {failed} failed.")
}

/// A pod that ended is in its Job's numbers.
pub(crate) fn is_counted(pod: &str) -> EcoString {
    eco_format!("{pod} is counted.")
}

/// A pod that its Job gives up.
pub(crate) fn is_not_needed(pod: &str) -> EcoString {
    eco_format!("{pod} is not needed any more.")
}

/// A Job makes pods.
pub(crate) fn wants_active(job: &str, wanted: i64) -> EcoString {
    let pods = counted(wanted, "active pod", "active pods");
    eco_format!("{job} wants {pods}.")
}

/// An autoscaler writes down what it found.
pub(crate) fn looked_at_metrics(scaler: &str) -> EcoString {
    eco_format!("{scaler} has looked at its metrics.")
}

// What is deleted with something else

/// An owner is gone.
pub(crate) fn owner_is_gone(owner: &Key, key: &Key) -> EcoString {
    eco_format!("{owner} owned {key} and is gone, so {key} goes too.")
}

/// An owner goes, and what it owned stays.
pub(crate) fn orphaned(owner: &Key) -> EcoString {
    eco_format!("{owner} is deleted with propagation Orphan.")
}

/// An owner goes after what it owns.
pub(crate) fn waits_for(owner: &Key, owned: &Key) -> EcoString {
    eco_format!("{owner} waits for {owned} to go first.")
}

/// Something goes at last.
pub(crate) fn nothing_holds(key: &Key) -> EcoString {
    eco_format!("Nothing holds {key} any more.")
}

/// A namespace goes, with something in it.
pub(crate) fn goes_with(namespace: &str, key: &Key) -> EcoString {
    eco_format!("{namespace} goes, and {key} with it.")
}

/// A namespace waits for what is in it.
pub(crate) fn still_holds(namespace: &str) -> EcoString {
    eco_format!("{namespace} still holds something.")
}

/// A namespace is empty, and goes.
pub(crate) fn nothing_is_left(namespace: &str) -> EcoString {
    eco_format!("Nothing is left in {namespace}.")
}

/// What a namespace is given, such as its service account.
pub(crate) fn every_namespace_has_one(namespace: &str) -> EcoString {
    eco_format!("Every namespace has one, and {namespace} is new.")
}

// Counting

/// How many addresses a Service has.
pub(crate) fn ready_endpoints(service: &str, ready: usize, all: usize) -> EcoString {
    eco_format!("Service {service} has {ready} ready endpoints of {all}.")
}

/// How many pods a disruption budget lets go.
pub(crate) fn may_be_evicted(budget: &Key, healthy: i64, desired: i64, allowed: i64) -> EcoString {
    eco_format!(
        "{budget} has {healthy} healthy pods and needs {desired}: {allowed} may be evicted."
    )
}

/// A quota writes down what there is.
pub(crate) fn quota_counts(quota: &Key) -> EcoString {
    eco_format!("{quota} counts what its namespace holds.")
}

// Nodes that are lost

/// A node is silent.
pub(crate) fn lease_not_renewed(node: &str) -> EcoString {
    eco_format!("{node} has not renewed its lease for too long: nobody knows how it is.")
}

/// A pod of a node that is silent.
pub(crate) fn gets_no_traffic(pod: &str, node: &str) -> EcoString {
    eco_format!("{pod} is on {node}, so it gets no traffic.")
}

/// A node has no taints any more.
pub(crate) fn taints_go(node: &str) -> EcoString {
    eco_format!("{node} is well: its taints go.")
}

/// A node gets taints.
pub(crate) fn is_tainted(node: &str, taints: &str) -> EcoString {
    eco_format!("{node} is tainted: {taints}.")
}

/// A pod is evicted.
pub(crate) fn does_not_tolerate(pod: &str, node: &str) -> EcoString {
    eco_format!("{pod} does not tolerate the taints of {node} any longer.")
}

/// A pod of a node that was deleted.
pub(crate) fn node_is_gone(pod: &str, node: &str) -> EcoString {
    eco_format!("{pod} was on {node}, which is gone.")
}

/// A pod that ends on a node that nobody will start again.
pub(crate) fn out_of_service(pod: &str, node: &str) -> EcoString {
    eco_format!("{pod} was to end on {node}, which is out of service: no kubelet will end it.")
}
