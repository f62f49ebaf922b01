//! What stands on the stage: workloads, nodes, Services, control loops, charts.

use view::{PodForm, PodRow};

use super::counted;

// The cluster

pub const WANTED: &str = "wanted";
pub const THERE: &str = "there";
pub const UP_TO_DATE: &str = "up to date";
pub const READY: &str = "ready";
pub const AS_DESIRED: &str = "Actual state is desired state.";
pub const NEW_SET: &str = "new";
pub const OLD_SET: &str = "old";
pub const NO_PODS_YET: &str = "no pods yet";
pub const NO_PODS_KEPT: &str = "no pods: kept for a rollback";
pub const NODES: &str = "Nodes";
pub const NODE_CPU: &str = "cpu";
pub const NODE_MEMORY: &str = "memory";
pub const HOW_TO_READ_A_POD: &str = "How to read a pod's shape";
pub const GETS_REQUESTS: &str = "gets requests";

/// What a rolling update keeps to.
pub fn rolling_update(least: u32, most: u32) -> String {
    format!("Rolling update: at least {least} available, at most {most} in all.")
}

/// What the other strategy does.
pub fn recreate(strategy: &str) -> String {
    format!("{strategy}: all old pods stop before new ones start.")
}

/// How many old ReplicaSets are not drawn.
pub fn sets_kept(n: usize) -> String {
    match n {
        1 => "1 older ReplicaSet without pods kept for a rollback.".to_owned(),
        _ => format!("{n} older ReplicaSets without pods kept for a rollback."),
    }
}

/// A revision of a Deployment.
pub fn revision(n: u32) -> String {
    format!("Revision {n}")
}

/// What a ReplicaSet wants and has.
pub fn set_facts(desired: u32, current: u32, ready: u32) -> String {
    format!("wants {desired}, has {current}, {ready} ready")
}

/// The list of a ReplicaSet's pods.
pub fn pods_of_revision(n: u32) -> String {
    format!("Pods of revision {n}")
}

/// How many pods are on a node.
pub fn pods(n: usize) -> String {
    counted(n, "pod", "pods")
}

/// How much of a node is requested.
pub fn requested_of(requested: &str, allocatable: &str) -> String {
    format!("{requested} of {allocatable} requested")
}

/// The form of a pod's shape.
pub fn pod_form(form: PodForm) -> &'static str {
    match form {
        PodForm::Pending => "Pending",
        PodForm::Creating => "creating",
        PodForm::Running => "running, not ready",
        PodForm::Ready => READY,
        PodForm::Terminating => "Terminating",
        PodForm::Failed => "failed",
    }
}

/// The STATUS column of a pod, where it says more than the shape; a running pod that is not ready says so.
pub fn pod_status(pod: &PodRow) -> &str {
    match pod.form {
        PodForm::Ready => READY,
        PodForm::Running => "not ready",
        PodForm::Creating if pod.status == "ContainerCreating" => "creating",
        PodForm::Terminating => "stopping",
        _ => &pod.status,
    }
}

/// What a screen reader says of a pod.
pub fn pod(pod: &PodRow, is_serving: bool) -> String {
    let mut words = format!("{}, {}, ready {}", pod.name, pod.status, pod.ready);
    if !pod.node.is_empty() {
        words += &format!(", on {}", pod.node);
    }
    match pod.restarts {
        0 => {}
        1 => words += ", 1 restart",
        n => words += &format!(", {n} restarts"),
    }
    words += match is_serving {
        true => ", gets requests",
        false => ", gets no requests",
    };
    words
}

/// What a Service gets, and how many share it.
pub fn load(per_second: u32, serving: usize) -> String {
    let serving = endpoints(serving);
    match per_second {
        1 => format!("1 request a second to {serving}"),
        _ => format!("{per_second} requests a second to {serving}"),
    }
}

pub(super) fn endpoints(n: usize) -> String {
    counted(n, "endpoint", "endpoints")
}

pub const NO_REQUESTS_YET: &str = "no requests yet";
pub const ANSWERED: &str = "answered";

/// Behind the share of answered requests: how many failed since the merge.
pub fn answered_since(failed: u64) -> String {
    match failed {
        0 => "answered, none failed since the merge".to_owned(),
        _ => format!("answered, {failed} failed since the merge"),
    }
}

// What the control loops keep

pub const KEEPS_GIT: &str = "cluster as git";
pub const KEEPS_SETS: &str = "ReplicaSets";
pub const KEEPS_PODS: &str = "pods";
pub const KEEPS_NODES: &str = "nodes";
pub const KEEPS_CONTAINERS: &str = "containers";
pub const KEEPS_ENDPOINTS: &str = "endpoints";

// Charts

pub const SUCCESS_RATE: &str = "Success rate";
pub const LATENCY: &str = "Latency";
pub const CPU: &str = "CPU of the busiest pod";
pub const MEMORY: &str = "Memory of the largest pod";
pub const KEY_SUCCESS: &str = "hatched: failed";
pub const KEY_LATENCY: &str = "p50, dashed p99";
pub const KEY_USE: &str = "dashed limit, dotted request";

/// Two percentiles in milliseconds.
pub fn percentiles(p50: u32, p99: u32) -> String {
    format!("p50 {p50} ms, p99 {p99} ms")
}

/// An amount of CPU.
pub fn cores(amount: &str) -> String {
    format!("{amount} cores")
}

/// What is used where there is no limit.
pub fn unlimited(amount: &str) -> String {
    format!("{amount}, no limit")
}

/// What is used of what there may be.
pub fn used_of(amount: &str, limit: &str) -> String {
    format!("{amount} of {limit}")
}

/// The worst second so far.
pub fn worst_at(words: &str, clock: &str) -> String {
    format!("worst {words} at {clock}")
}
