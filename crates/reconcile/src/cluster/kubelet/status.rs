//! A pod's status, made from what its containers really do (`pkg/kubelet/status/generate.go`).

use super::{Container, Ended, Run, State};
use ecow::{EcoString, eco_format};
use kube::{Millis, Object, Value, map, time};

/// The pod with the status that its run gives it now.
pub(super) fn of(pod: &Object, run: &Run, now: Millis) -> Value {
    let mut value = pod.value.clone();
    let phase = phase(run);
    let status = value.entry("status");
    status.set("phase", phase);
    status.set("observedGeneration", pod.meta.generation);
    status.set("startTime", time::rfc3339(run.since));
    if run.sandbox {
        status.set("podIP", &run.ip);
        status.set("podIPs", vec![map! { "ip" => &run.ip }]);
    }
    let statuses: Value = run.containers.iter().map(container).collect();
    *status.entry("containerStatuses") = statuses;
    *status.entry("conditions") = conditions(pod, run, phase, now);
    value
}

fn phase(run: &Run) -> &'static str {
    let all = |test: fn(&State) -> bool| run.containers.iter().all(|one| test(&one.state));
    if run.stopping && all(|state| matches!(state, State::Ended(_))) {
        let well = all(|state| matches!(state, State::Ended(ended) if ended.code == 0));
        return if well { "Succeeded" } else { "Failed" };
    }
    let begun = run
        .containers
        .iter()
        .all(|one| one.last.is_some() || !is_waiting(&one.state));
    if begun { "Running" } else { "Pending" }
}

fn is_waiting(state: &State) -> bool {
    matches!(state, State::Waiting { .. })
}

fn conditions(pod: &Object, run: &Run, phase: &str, now: Millis) -> Value {
    let unready: Vec<&str> = run
        .containers
        .iter()
        .filter(|one| !one.ready)
        .map(|one| one.name.as_str())
        .collect();
    let (ready, reason, message) = match phase {
        "Succeeded" => (false, "PodCompleted", EcoString::new()),
        "Failed" => (false, "PodFailed", EcoString::new()),
        _ if unready.is_empty() => (true, "", EcoString::new()),
        _ => {
            let message = eco_format!("containers with unready status: [{}]", unready.join(" "));
            (false, "ContainersNotReady", message)
        }
    };
    let sandbox = run.sandbox && !matches!(phase, "Succeeded" | "Failed");
    let all = [
        ("PodReadyToStartContainers", sandbox, "", EcoString::new()),
        ("Initialized", true, "", EcoString::new()),
        ("Ready", ready, reason, message.clone()),
        ("ContainersReady", ready, reason, message),
        ("PodScheduled", true, "", EcoString::new()),
    ];
    let stamp = time::rfc3339(now);
    let made = all.into_iter().map(|(kind, holds, reason, message)| {
        let status = if holds { "True" } else { "False" };
        let old = pod.condition(kind);
        let same = old.get("status").text() == status;
        let since = if same {
            old.get("lastTransitionTime").to_text()
        } else {
            stamp.clone()
        };
        let mut condition =
            map! { "type" => kind, "status" => status, "lastTransitionTime" => since };
        if !reason.is_empty() {
            condition.set("reason", reason);
        }
        if !message.is_empty() {
            condition.set("message", message);
        }
        condition
    });
    made.collect()
}

fn container(container: &Container) -> Value {
    let mut status = map! {
        "name" => &container.name,
        "image" => &container.image,
        "imageID" => &container.digest,
        "ready" => container.ready,
        "started" => container.started,
        "restartCount" => container.restarts,
        "state" => state(&container.state),
    };
    if let Some(last) = &container.last
        && !matches!(container.state, State::Ended(_))
    {
        status.set("lastState", terminated(last));
    }
    status
}

fn state(state: &State) -> Value {
    match state {
        State::Waiting { reason, message } => {
            let mut waiting = map! { "reason" => reason };
            if !message.is_empty() {
                waiting.set("message", message);
            }
            map! { "waiting" => waiting }
        }
        State::Running { since } => {
            map! { "running" => map! { "startedAt" => time::rfc3339(*since) } }
        }
        State::Ended(ended) => terminated(ended),
    }
}

fn terminated(ended: &Ended) -> Value {
    map! { "terminated" => map! {
        "exitCode" => ended.code,
        "reason" => ended.reason,
        "startedAt" => time::rfc3339(ended.since),
        "finishedAt" => time::rfc3339(ended.at),
    } }
}
