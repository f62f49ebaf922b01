//! What stands on the stage: stations, marks, differences, two futures.

use ecow::{EcoString, eco_format};

use super::counted;

// Stations

pub(crate) const NOT_YET: &str = "not yet";
pub(crate) const NOT_REACHED: &str = "not reached";
pub(crate) const NONE: &str = "none";
pub(crate) const NONE_OPEN: &str = "none open";
pub(crate) const MERGED: &str = "merged";
pub(crate) const WAITS_TO_BE_MERGED: &str = "open: waits to be merged";
pub(crate) const FAILED: &str = "failed";
pub(crate) const ALL_GREEN: &str = "all green";
pub(crate) const IN_THE_REGISTRY: &str = "in the registry";
pub(crate) const BUILD: &str = "build";
pub(crate) const BUILT_IF_MISSING: &str =
    "looked for in the registry, and built if it is not there";
pub(crate) const IMAGE_STAYS: &str = "nothing new went in: the image stays";
pub(crate) const NOT_BUILT: &str = "not built";
pub(crate) const HELM_UPGRADE: &str = "helm upgrade";
pub(crate) const LAST_JOB_DEPLOYS: &str = "the last job deploys";
pub(crate) const PROGRESS_DEADLINE_EXCEEDED: &str = "progress deadline exceeded";
pub(crate) const AS_DESIRED: &str = "current state is desired state";
pub(crate) const EVERY_NODE_KNOWS: &str = "every node knows them";
pub(crate) const NO_REQUESTS: &str = "no requests";
pub(crate) const ALL_ANSWERED: &str = "all answered";
pub(crate) const WAITS_FOR_ARGO_CD: &str = "waits for Argo CD";
pub(crate) const WAITS_FOR_FLUX: &str = "waits for Flux";

/// How many jobs of a run have ended well.
pub(crate) fn jobs_done(done: usize, all: usize) -> EcoString {
    eco_format!("{done} of {all} jobs")
}

/// A revision of a release.
pub(crate) fn revision(number: u32) -> EcoString {
    eco_format!("revision {number}")
}

/// How many pods of those wanted have the newest template.
pub(crate) fn updated(updated: u32, desired: u32) -> EcoString {
    match desired {
        0 => "no pods wanted".into(),
        _ => eco_format!("{updated} of {desired} updated"),
    }
}

/// How an object that a GitOps tool keeps is, in the tool's word.
pub(crate) fn is_in_health(kind: &str, name: &str, health: &str) -> EcoString {
    eco_format!("{kind} {name} is {health}")
}

/// What a GitOps tool keeps and has yet to see the commit.
pub(crate) fn is_as_before(name: &str) -> EcoString {
    eco_format!("{name} is as the commit before says")
}

/// How an Application is, in Argo CD's word.
pub(crate) fn application_is(name: &str, health: &str) -> EcoString {
    eco_format!("Argo CD: {name} is {health}")
}

pub(crate) const NO_CHANGE: &str = "no change";
pub(crate) const NOTHING_TO_WRITE: &str = "nothing had to be written";
pub(crate) const NO_TEMPLATE_CHANGED: &str =
    "nothing in a .spec.template changed: no pod is replaced";

/// How many objects the API server wrote.
pub(crate) fn written(created: usize, changed: usize, deleted: usize) -> EcoString {
    let mut text = EcoString::new();
    for (count, word) in [
        (created, "created"),
        (changed, "changed"),
        (deleted, "deleted"),
    ] {
        if 0 < count {
            let comma = if text.is_empty() { "" } else { ", " };
            text.push_str(&eco_format!("{comma}{count} {word}"));
        }
    }
    match text.as_str() {
        "" => NO_CHANGE.into(),
        _ => text,
    }
}

/// An object whose pods are replaced.
pub(crate) fn template_changed(object: &str) -> EcoString {
    eco_format!("{object}: .spec.template changed, so its pods are replaced")
}

/// Several of them.
pub(crate) fn templates_changed(count: usize) -> EcoString {
    eco_format!(".spec.template changed in {count} objects: their pods are replaced")
}

/// How many addresses get requests.
pub(crate) fn ready(count: usize) -> EcoString {
    eco_format!("{count} ready")
}

/// A Service whose requests have nowhere to go.
pub(crate) fn nowhere_to_go(service: &str) -> EcoString {
    eco_format!("no address of {service} is ready")
}

/// Who does not know the newest addresses, and how many more do not.
pub(crate) fn yet_to_hear(one: &str, more: usize) -> EcoString {
    match more {
        0 => eco_format!("{one} has yet to hear of a change"),
        _ => eco_format!("{one} and {more} more have yet to hear of a change"),
    }
}

/// How many addresses are about to go, before who has heard of it.
pub(crate) fn terminating(leaving: usize, heard: &str) -> EcoString {
    eco_format!("{leaving} terminating; {heard}")
}

/// Requests that failed of late.
pub(crate) fn failed_lately(failed: u32, total: u32, seconds: usize) -> EcoString {
    eco_format!("{failed} of {total} failed in the last {seconds} s")
}

/// How many requests there are.
pub(crate) fn per_second(count: u32) -> EcoString {
    eco_format!("{count} per second")
}

// What is left to do

/// Pods that a rollout has yet to make.
pub(crate) fn new_to_go(pods: u32) -> EcoString {
    eco_format!("{} of the new template to go", self::pods(pods))
}

/// Pods that a rollout has yet to end.
pub(crate) fn old_to_go(pods: u32) -> EcoString {
    eco_format!("{} of the old template to go", self::pods(pods))
}

/// Pods above what is wanted.
pub(crate) fn too_many(pods: u32) -> EcoString {
    eco_format!("{} too many", self::pods(pods))
}

/// Pods that have yet to become ready.
pub(crate) fn not_ready_yet(pods: u32) -> EcoString {
    eco_format!("{} not ready yet", self::pods(pods))
}

fn pods(count: u32) -> EcoString {
    counted(count, "pod", "pods")
}

// Marks on the time line; those for a failure of a pod are its reason

pub(crate) const MARK_IMAGE_PUSHED: &str = "image pushed";
pub(crate) const MARK_CI_GREEN: &str = "CI green";
pub(crate) const MARK_SYNC: &str = "sync";
pub(crate) const MARK_FIRST_READY: &str = "first new pod ready";
pub(crate) const MARK_COMPLETE: &str = "rollout complete";
pub(crate) const MARK_OLD_GONE: &str = "last old pod gone";
pub(crate) const MARK_STEP_FAILED: &str = "a step failed";
pub(crate) const MARK_RELEASE_FAILED: &str = "release failed";

// Two futures, side by side

pub(crate) const ROLLOUT: &str = "Rollout";
pub(crate) const FAILED_REQUESTS: &str = "Failed requests";
pub(crate) const FEWEST_PODS_READY: &str = "Fewest pods ready";
pub(crate) const SLOWEST_ANSWERS: &str = "Slowest answers (p99)";
pub(crate) const MOST_MEMORY: &str = "Most memory of a container";
pub(crate) const PODS_MADE: &str = "Pods made";
pub(crate) const RESTARTS: &str = "Restarts of containers";
pub(crate) const NOT_COMPLETE: &str = "not complete";

/// How long a rollout took.
pub(crate) fn complete_after(seconds: u64) -> EcoString {
    eco_format!("complete after {} min {} s", seconds / 60, seconds % 60)
}

/// A rollout that got stuck, with the mark of its failure.
pub(crate) fn not_complete(why: &str) -> EcoString {
    eco_format!("{NOT_COMPLETE}: {why}")
}

/// No rollout, for something failed before it.
pub(crate) fn no_rollout(why: &str) -> EcoString {
    eco_format!("{NONE}: {why}")
}

/// A part of all.
pub(crate) fn part(part: u64, all: u64) -> EcoString {
    eco_format!("{part} of {all}")
}

/// How long an answer took.
pub(crate) fn milliseconds(time: u32) -> EcoString {
    eco_format!("{time} ms")
}

/// A use of memory, and the limit that it has, if it has one.
pub(crate) fn mebibytes(used: u32, limit: u32) -> EcoString {
    match limit {
        0 => eco_format!("{used} Mi"),
        _ => eco_format!("{used} of {limit} Mi"),
    }
}

// What came of what was done last

pub(crate) const NO_DEPLOYMENT_LEFT: &str = "No Deployment is left, so nothing keeps pods alive";
pub(crate) const NO_POD_WANTED: &str = "No pod is wanted, and none is ready";
pub(crate) const NO_REQUEST_FAILED: &str = "no request failed";

/// What became of the pods and of the requests; of these possibly nothing.
pub(crate) fn outcome(pods: &str, traffic: &str) -> EcoString {
    match traffic {
        "" => eco_format!("{pods}."),
        _ => eco_format!("{pods}; {traffic}."),
    }
}

/// The same, where the workflow failed that should have changed something.
pub(crate) fn after_failed_workflow(outcome: &str) -> EcoString {
    eco_format!("The workflow failed. {outcome}")
}

/// Pods of which nobody knows anything older.
pub(crate) fn all_ready(pods: u32) -> EcoString {
    match pods {
        1 => "The 1 wanted pod is ready".into(),
        _ => eco_format!("All {pods} wanted pods are ready"),
    }
}

/// Pods that were all made since, and the tag of their image, if it has one.
pub(crate) fn all_new(pods: u32, tag: &str) -> EcoString {
    let pods = match pods {
        1 => "The 1 pod is new and ready".into(),
        _ => eco_format!("All {pods} pods are new and ready"),
    };
    match tag {
        "" => pods,
        _ => eco_format!("{pods}, on {tag}"),
    }
}

/// Pods of which some were made since.
pub(crate) fn some_new(new: usize, all: u32) -> EcoString {
    let are = if new == 1 { "is" } else { "are" };
    eco_format!("{new} of {all} pods {are} new, the others run as before")
}

/// Pods of which none was made since.
pub(crate) fn same_pods(pods: u32) -> EcoString {
    match pods {
        1 => "The same pod runs as before".into(),
        _ => eco_format!("The same {pods} pods run as before"),
    }
}

/// Pods of which none was made since, but some given up.
pub(crate) fn some_gone(gone: usize, left: u32) -> EcoString {
    let gone = counted(gone, "pod is", "pods are");
    match left {
        1 => eco_format!("{gone} gone, the last one runs as before"),
        _ => eco_format!("{gone} gone, the other {left} run as before"),
    }
}

/// A Deployment that is not as it is wanted: what is left to do, possibly nothing; how many of the wanted
/// pods are ready; and how many fail with which status.
pub(crate) fn unsettled(
    left: &str,
    (ready, wanted): (u32, u32),
    failing: Option<(usize, &str)>,
) -> EcoString {
    let are = if ready == 1 { "is" } else { "are" };
    let mut text = eco_format!("{ready} of {wanted} wanted pods {are} ready");
    if !left.is_empty() {
        text = eco_format!("{left}: {text}");
    }
    match failing {
        None => text,
        Some((1, status)) => eco_format!("{text}, 1 fails with {status}"),
        Some((n, status)) => eco_format!("{text}, {n} fail with {status}"),
    }
}

/// Requests that are all answered.
pub(crate) fn every_answered(per_second: u32) -> EcoString {
    eco_format!("all of {per_second} requests a second are answered")
}

/// Requests that all fail.
pub(crate) fn none_answered(per_second: u32) -> EcoString {
    eco_format!("none of {per_second} requests a second is answered")
}

/// Requests that fail still.
pub(crate) fn some_fail(failed: u32, all: u32, seconds: usize) -> EcoString {
    eco_format!("{failed} of {all} requests failed in the last {seconds} s")
}

/// Requests that failed before all was well again.
pub(crate) fn failed_on_the_way(failed: u32) -> EcoString {
    match failed {
        1 => "1 request failed on the way".into(),
        _ => eco_format!("{failed} requests failed on the way"),
    }
}
