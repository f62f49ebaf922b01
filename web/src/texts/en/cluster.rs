//! What stands on the stage: workloads, nodes, Services, control loops, charts.

use view::{ContainerRole, EndpointRow, PodForm, PodRow, ProbeStanding, ReplicaSetRow};

use super::counted;

// The cluster

pub const WANTED: &str = "wanted";
pub const THERE: &str = "there";
pub const UP_TO_DATE: &str = "up to date";
pub const READY: &str = "ready";
pub const NOT_READY: &str = "not ready";
pub const TERMINATING: &str = "Terminating";
pub const AS_DESIRED: &str = "Actual state is desired state.";
pub const NEW_SET: &str = "new";
pub const OLD_SET: &str = "old";
pub const NO_PODS_YET: &str = "no pods yet";
pub const NO_PODS_WANTED: &str = "no pods wanted";
pub const NO_PODS_KEPT: &str = "no pods: kept for a rollback";
pub const NO_DEPLOYMENT: &str = "There is no Deployment in the cluster: nothing keeps pods alive.";
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

/// What a condition of a Deployment says, where Kubernetes' words mislead: `Progressing True` also means
/// that nothing progresses any more, because all is done.
pub fn condition_meaning(reason: &str) -> &'static str {
    match reason {
        "NewReplicaSetAvailable" => "complete",
        "ProgressDeadlineExceeded" => "gave up waiting",
        _ => "",
    }
}

/// How many old ReplicaSets are not drawn.
pub fn sets_kept(n: usize) -> String {
    match n {
        1 => "1 older ReplicaSet without pods kept for a rollback.".to_owned(),
        _ => format!("{n} older ReplicaSets without pods kept for a rollback."),
    }
}

/// A revision of a Deployment, told from those of a Helm release.
pub fn revision(n: u32) -> String {
    format!("Rollout revision {n}")
}

pub const WHICH_REVISION: &str = "As kubectl rollout history counts: one for each change of the pod template. A Helm release counts its upgrades.";

/// What a ReplicaSet wants and has; what it has given up is not counted, and said.
pub fn set_facts(row: &ReplicaSetRow) -> String {
    let ReplicaSetRow {
        desired,
        current,
        ready,
        ..
    } = row;
    let facts = format!("wants {desired}, has {current}, {ready} ready");
    let leaving = |pod: &&PodRow| pod.form == PodForm::Terminating;
    match row.pods.iter().filter(leaving).count() {
        0 => facts,
        n => format!("{facts}, and {n} terminating"),
    }
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
        PodForm::Terminating => TERMINATING,
        PodForm::Failed => "failed",
    }
}

/// The STATUS column of a pod, where it says more than the shape; a running pod that is not ready says so.
pub fn pod_status(pod: &PodRow) -> &str {
    match pod.form {
        PodForm::Ready => READY,
        PodForm::Running => NOT_READY,
        PodForm::Creating if pod.status == "ContainerCreating" => "creating",
        PodForm::Terminating => TERMINATING,
        _ => &pod.status,
    }
}

/// What a screen reader says of a pod.
pub fn pod(pod: &PodRow, is_serving: bool) -> String {
    let mut words = format!("{}, {}, ready {}", pod.name, pod.status, pod.ready);
    if !pod.node.is_empty() {
        words += &format!(", on {}", pod.node);
    }
    if 0 < pod.restarts {
        words += &format!(", {}", restarts(pod.restarts));
    }
    words += match is_serving {
        true => ", gets requests",
        false => ", gets no requests",
    };
    words
}

/// What a Service gets, and how many share it, of how many that could.
pub fn load(per_second: u32, (serving, all): (usize, usize)) -> String {
    let serving = match serving == all {
        true => endpoints(serving),
        false => format!("{serving} of {}", endpoints(all)),
    };
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

pub const LAST_MINUTE: &str = "last 60 s";

/// Behind the share of answered requests: how many failed since the merge, or since whatever else
/// somebody did at a time.
pub fn answered_since(failed: u64, command: Option<&str>) -> String {
    let failed = match failed {
        0 => "none".to_owned(),
        _ => failed.to_string(),
    };
    match command {
        None => format!("answered, {failed} failed since the merge"),
        Some(clock) => format!("answered, {failed} failed since {clock}"),
    }
}

// The containers of a pod

pub const CONTAINERS: &str = "Containers";

/// What a container is to its pod, where it is not one of the main ones.
pub fn container_role(role: ContainerRole) -> &'static str {
    match role {
        ContainerRole::Main => "",
        ContainerRole::Init => "init container",
        ContainerRole::Sidecar => "sidecar",
    }
}

/// Since when a container runs.
pub fn state_since(state: &str, clock: &str) -> String {
    format!("{state} since {clock}")
}

/// How a container ended.
pub fn ended(reason: &str, exit: i64, clock: &str) -> String {
    format!("{reason}, exit code {exit}, at {clock}")
}

/// How the life before this one ended.
pub fn ended_before(reason: &str, exit: i64, clock: &str) -> String {
    format!("Before that: {reason}, exit code {exit}, at {clock}")
}

/// How often it was started again.
pub fn restarts(n: u32) -> String {
    counted(n as usize, "restart", "restarts")
}

/// What a container uses of something, asks for, and may use.
pub fn amount(name: &str, used: &str, request: Option<String>, limit: Option<String>) -> String {
    let request = request.map_or("no request".to_owned(), |it| format!("request {it}"));
    let limit = limit.map_or("no limit".to_owned(), |it| format!("limit {it}"));
    format!("{name}: {used} used, {request}, {limit}")
}

/// What a probe has found, and how often in a row of how often it must be so.
pub fn probe(standing: ProbeStanding, (count, of): (u32, u32)) -> String {
    match standing {
        ProbeStanding::Waiting => "has not asked yet".to_owned(),
        ProbeStanding::AwaitsStartup => "waits for the startup probe".to_owned(),
        ProbeStanding::Passed => "succeeds".to_owned(),
        ProbeStanding::Passing => format!("succeeds, {count} of {of} in a row"),
        ProbeStanding::Failing => format!("fails, {count} of {of} in a row"),
        ProbeStanding::Failed if count < of => "failed".to_owned(),
        ProbeStanding::Failed => format!("failed {count} times in a row"),
    }
}

// The addresses behind a Service

pub const WHO_HAS_HEARD: &str = "Who sends requests, and whether they know the newest addresses";
pub const IS_CURRENT: &str = "knows";
pub const HAS_YET_TO_HEAR: &str = "has yet to hear";

/// The conditions of an endpoint, in the words of the API.
pub fn endpoint_conditions(row: &EndpointRow) -> String {
    let all = [
        (row.ready, "ready"),
        (row.serving && !row.ready, "serving"),
        (row.terminating, "terminating"),
    ];
    let words: Vec<&str> = all.into_iter().filter(|it| it.0).map(|it| it.1).collect();
    match words.as_slice() {
        [] => NOT_READY.to_owned(),
        words => words.join(", "),
    }
}

/// Who sends requests to an address.
pub fn requests_from(senders: &[&str], is_everybody: bool) -> String {
    match senders {
        [] => "gets no requests".to_owned(),
        _ if is_everybody => "gets requests from everybody".to_owned(),
        _ => format!("gets requests from {} only", senders.join(", ")),
    }
}

/// How many addresses are not listed.
pub fn more_addresses(n: usize) -> String {
    match n {
        1 => "And 1 more.".to_owned(),
        _ => format!("And {n} more."),
    }
}

// What the control loops keep

/// What a controller does, in the words of the API: `patch ReplicaSet`.
pub fn deed(verb: &str, kind: &str) -> String {
    format!("{verb} {kind}")
}

pub const LIT_WHEN_THEY_ACT: &str = "lit when they act";
pub const KEEPS_GIT: &str = "keeps it as git";
pub const KEEPS_SETS: &str = "keeps ReplicaSets";
pub const KEEPS_PODS: &str = "keeps pods";
pub const KEEPS_NODES: &str = "finds nodes";
pub const KEEPS_CONTAINERS: &str = "runs containers";
pub const KEEPS_ENDPOINTS: &str = "keeps endpoints";

// Charts

pub const SUCCESS_RATE: &str = "Success rate";
pub const LATENCY: &str = "Latency";
pub const CPU: &str = "CPU of the busiest pod";
pub const MEMORY: &str = "Memory of the largest pod";
pub const KEY_SUCCESS: &str = "hatched: failed";
pub const KEY_LATENCY: &str = "p50, dashed p99";
pub const KEY_USE: &str = "dashed limit, dotted request";

/// Where there is nothing to measure.
pub const NO_MEASURE: &str = "–";

/// A time.
pub fn milliseconds(n: u32) -> String {
    format!("{n} ms")
}

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
