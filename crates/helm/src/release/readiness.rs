//! When an object is what it is meant to be, as Helm's `--wait` sees it: by its status alone
//! (`fluxcd/cli-utils/pkg/kstatus/status/core.go` and `generic.go`, which Helm 4 uses; for hooks,
//! `helm.sh/helm/v4/internal/statusreaders`).

use yaml::Value;

/// How far an object has come, and a sentence that says why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It is as it is meant to be.
    Current(String),
    /// It is on its way.
    InProgress(String),
    /// It will not get there without help.
    Failed(String),
    /// It is being deleted.
    Terminating(String),
    /// It is not there.
    NotFound(String),
}

use Readiness::{Current, Failed, InProgress};

impl Readiness {
    /// The word for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Current(_) => "Current",
            InProgress(_) => "InProgress",
            Failed(_) => "Failed",
            Readiness::Terminating(_) => "Terminating",
            Readiness::NotFound(_) => "NotFound",
        }
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Current(message)
            | InProgress(message)
            | Failed(message)
            | Readiness::Terminating(message)
            | Readiness::NotFound(message) => message,
        }
    }

    /// Of a live object.
    #[must_use]
    pub fn of(live: Option<&Value>) -> Readiness {
        let Some(live) = live else {
            return Readiness::NotFound("Resource not found".to_owned());
        };
        if let Some(early) = generic(live) {
            return early;
        }
        let group = live
            .get("apiVersion")
            .text()
            .split_once('/')
            .map_or("", |(group, _)| group);
        match (group, live.get("kind").text()) {
            ("", "Service") => service(live),
            ("", "Pod") => pod(live),
            ("", "Secret" | "ConfigMap") => current("Resource is always ready"),
            ("", "PersistentVolumeClaim") => claim(live),
            ("apps", "StatefulSet") => stateful_set(live),
            ("apps", "DaemonSet") => daemon_set(live),
            ("apps" | "extensions", "Deployment") => deployment(live),
            ("apps" | "extensions", "ReplicaSet") => replica_set(live),
            ("policy", "PodDisruptionBudget") => current("AllowedDisruptions has been computed."),
            ("batch", "CronJob") => current("Resource is always ready"),
            ("batch", "Job") => job(live, true),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(live),
            _ => other(live),
        }
    }

    /// Of a hook: a Job or a Pod must have run to its end, all else is done once it is there.
    #[must_use]
    pub fn of_hook(live: Option<&Value>) -> Readiness {
        let Some(live) = live else {
            return Readiness::NotFound("Resource not found".to_owned());
        };
        let name = live.at(&["metadata", "name"]).text();
        match (
            live.get("kind").text(),
            live.at(&["status", "phase"]).text(),
        ) {
            ("Job", _) => job(live, false),
            ("Pod", "Succeeded") => Current(format!("pod {name} succeeded")),
            ("Pod", "Failed") => Failed(format!("pod {name} failed")),
            ("Pod", _) => InProgress("Pod in progress".to_owned()),
            _ => current("Resource is current"),
        }
    }
}

fn current(message: &str) -> Readiness {
    Current(message.to_owned())
}

fn number(value: &Value, default: i64) -> i64 {
    value.as_int().unwrap_or(default)
}

/// The reason and message of a condition that has this status; none if there is no such.
fn condition<'a>(live: &'a Value, kind: &str, status: &str) -> Option<(&'a str, &'a str)> {
    let conditions = live.at(&["status", "conditions"]).items();
    let found = conditions.iter().find(|condition| {
        condition.get("type").text() == kind && condition.get("status").text() == status
    })?;
    Some((found.get("reason").text(), found.get("message").text()))
}

/// What can be said of an object of any kind.
fn generic(live: &Value) -> Option<Readiness> {
    let metadata = live.get("metadata");
    if !metadata.get("deletionTimestamp").text().is_empty() {
        let message = "Resource scheduled for deletion".to_owned();
        return Some(Readiness::Terminating(message));
    }
    let generation = metadata.get("generation").as_int();
    let observed = live.at(&["status", "observedGeneration"]).as_int();
    if let (Some(generation), Some(observed)) = (generation, observed)
        && generation != observed
    {
        let kind = live.get("kind").text();
        return Some(InProgress(format!(
            "{kind} generation is {generation}, but latest observed generation is {observed}"
        )));
    }
    if let Some((_, message)) = condition(live, "Reconciling", "True") {
        return Some(InProgress(message.to_owned()));
    }
    let (_, message) = condition(live, "Stalled", "True")?;
    Some(Failed(message.to_owned()))
}

/// The first of some comparisons that does not hold. Each says what is counted, how many there are,
/// and how many there should be.
fn short_of(counts: &[(&str, i64, i64)]) -> Option<Readiness> {
    let (what, have, want) = counts.iter().find(|(_, have, want)| have < want)?;
    Some(InProgress(format!("{what}: {have}/{want}")))
}

fn pending_termination(have: i64, want: i64) -> Option<Readiness> {
    (want < have).then(|| InProgress(format!("Pending termination: {}", have - want)))
}

fn deployment(live: &Value) -> Readiness {
    if condition(live, "Progressing", "False")
        .is_some_and(|(reason, _)| reason == "ProgressDeadlineExceeded")
    {
        return Failed("Progress deadline exceeded".to_owned());
    }
    let status = live.get("status");
    let of = |name: &str| number(status.get(name), 0);
    let want = number(live.at(&["spec", "replicas"]), 1);
    let (replicas, updated) = (of("replicas"), of("updatedReplicas"));
    let progressing = live.at(&["spec", "progressDeadlineSeconds"]).is_null()
        || condition(live, "Progressing", "True")
            .is_some_and(|(reason, _)| reason == "NewReplicaSetAvailable");
    let not_yet = |done: bool, message: &str| (!done).then(|| InProgress(message.to_owned()));
    short_of(&[("Replicas", replicas, want), ("Updated", updated, want)])
        .or_else(|| pending_termination(replicas, want))
        .or_else(|| {
            short_of(&[
                ("Available", of("availableReplicas"), updated),
                ("Ready", of("readyReplicas"), want),
            ])
        })
        .or_else(|| not_yet(progressing, "ReplicaSet not Available"))
        .or_else(|| {
            let available = condition(live, "Available", "True").is_some();
            not_yet(available, "Deployment not Available")
        })
        .unwrap_or_else(|| Current(format!("Deployment is available. Replicas: {replicas}")))
}

fn replica_set(live: &Value) -> Readiness {
    if condition(live, "ReplicaFailure", "True").is_some() {
        return InProgress("Replica Failure condition. Check Pods".to_owned());
    }
    let of = |name: &str| number(live.at(&["status", name]), 0);
    let want = number(live.at(&["spec", "replicas"]), 1);
    short_of(&[
        ("Labelled", of("fullyLabeledReplicas"), want),
        ("Available", of("availableReplicas"), want),
        ("Ready", of("readyReplicas"), want),
    ])
    .or_else(|| pending_termination(of("replicas"), want))
    .unwrap_or_else(|| {
        Current(format!(
            "ReplicaSet is available. Replicas: {}",
            of("replicas")
        ))
    })
}

fn stateful_set(live: &Value) -> Readiness {
    let strategy = live.at(&["spec", "updateStrategy"]);
    if strategy.get("type").text() == "OnDelete" {
        return current("StatefulSet is using the ondelete update strategy");
    }
    let status = live.get("status");
    let of = |name: &str| number(status.get(name), 0);
    let want = number(live.at(&["spec", "replicas"]), 1);
    let counts = [
        ("Replicas", of("replicas"), want),
        ("Ready", of("readyReplicas"), want),
    ];
    let early = short_of(&counts).or_else(|| pending_termination(of("replicas"), want));
    if let Some(early) = early {
        return early;
    }
    let updated = of("updatedReplicas");
    if let Some(partition) = strategy.at(&["rollingUpdate", "partition"]).as_int() {
        let done = || Current(format!("Partition rollout complete. updated: {updated}"));
        return short_of(&[("updated", updated, want - partition)]).unwrap_or_else(done);
    }
    if let Some(early) = short_of(&[("current", of("currentReplicas"), want)]) {
        return early;
    }
    if status.get("currentRevision").text() != status.get("updateRevision").text() {
        return InProgress("Waiting for updated revision to match current".to_owned());
    }
    let replicas = of("replicas");
    Current(format!(
        "All replicas scheduled as expected. Replicas: {replicas}"
    ))
}

fn daemon_set(live: &Value) -> Readiness {
    for path in [["metadata", "generation"], ["status", "observedGeneration"]] {
        if live.at(&path).as_int().is_none() {
            return InProgress(format!("DaemonSet {} not found", path.join(".")));
        }
    }
    let of = |name: &str| number(live.at(&["status", name]), 0);
    let Some(want) = live.at(&["status", "desiredNumberScheduled"]).as_int() else {
        return InProgress("Missing .status.desiredNumberScheduled".to_owned());
    };
    short_of(&[
        ("Current", of("currentNumberScheduled"), want),
        ("Updated", of("updatedNumberScheduled"), want),
        ("Available", of("numberAvailable"), want),
        ("Ready", of("numberReady"), want),
    ])
    .unwrap_or_else(|| {
        Current(format!(
            "All replicas scheduled as expected. Replicas: {want}"
        ))
    })
}

fn claim(live: &Value) -> Readiness {
    match live.at(&["status", "phase"]).text() {
        "Bound" => current("PVC is Bound"),
        "" => InProgress("PVC is not Bound. phase: unknown".to_owned()),
        phase => InProgress(format!("PVC is not Bound. phase: {phase}")),
    }
}

/// A pod that nobody finds a node for counts as being on its way: how long it waits, only the clock
/// says.
fn pod(live: &Value) -> Readiness {
    let crashing = || {
        let containers = live.at(&["status", "containerStatuses"]).items().iter();
        let loops = containers.filter(|container| {
            container.at(&["state", "waiting", "reason"]).text() == "CrashLoopBackOff"
        });
        let names: Vec<&str> = loops
            .map(|container| container.get("name").text())
            .collect();
        names.join(",")
    };
    match live.at(&["status", "phase"]).text() {
        "Succeeded" => current("Pod has completed successfully"),
        "Failed" => current("Pod has completed, but not successfully"),
        "Running" if condition(live, "Ready", "True").is_some() => current("Pod is Ready"),
        "Running" => match crashing().as_str() {
            "" => InProgress("Pod is running but is not Ready".to_owned()),
            names => Failed(format!("Containers in CrashLoop state: {names}")),
        },
        "Pending" => match condition(live, "PodScheduled", "False") {
            Some(("Unschedulable", _)) => InProgress("Pod has not been scheduled".to_owned()),
            _ => InProgress("Pod is in the Pending phase".to_owned()),
        },
        _ => InProgress("Pod phase not available".to_owned()),
    }
}

/// A Job; `started` says whether one that runs is good enough.
fn job(live: &Value, started: bool) -> Readiness {
    let of = |name: &str| number(live.at(&["status", name]), 0);
    let parallelism = number(live.at(&["spec", "parallelism"]), 1);
    let want = number(live.at(&["spec", "completions"]), parallelism);
    if condition(live, "Complete", "True").is_some() {
        return Current(format!(
            "Job Completed. succeeded: {}/{want}",
            of("succeeded")
        ));
    }
    if condition(live, "Failed", "True").is_some() {
        return Failed(format!("Job Failed. failed: {}/{want}", of("failed")));
    }
    match started {
        false => InProgress("Job in progress".to_owned()),
        true if live.at(&["status", "startTime"]).text().is_empty() => {
            InProgress("Job not started".to_owned())
        }
        true => Current(format!(
            "Job in progress. success:{}, active: {}, failed: {}",
            of("succeeded"),
            of("active"),
            of("failed")
        )),
    }
}

fn service(live: &Value) -> Readiness {
    let spec = live.get("spec");
    match spec.get("type").text() == "LoadBalancer" && spec.get("clusterIP").text().is_empty() {
        true => InProgress("ClusterIP not set. Service type: LoadBalancer".to_owned()),
        false => current("Service is ready"),
    }
}

fn definition(live: &Value) -> Readiness {
    if let Some((_, message)) = condition(live, "NamesAccepted", "False") {
        return Failed(message.to_owned());
    }
    match condition(live, "Established", "False") {
        Some((reason, message)) if reason != "Installing" => Failed(message.to_owned()),
        _ if condition(live, "Established", "True").is_some() => current("CRD is established"),
        _ => InProgress("Install in progress".to_owned()),
    }
}

/// Of kinds that nobody knows, the condition Ready counts, if there is one.
fn other(live: &Value) -> Readiness {
    if condition(live, "Ready", "True").is_some() {
        return current("Resource is Ready");
    }
    let unready = condition(live, "Ready", "False").or_else(|| condition(live, "Ready", "Unknown"));
    match unready {
        Some((_, message)) => InProgress(message.to_owned()),
        None => current("Resource is current"),
    }
}
