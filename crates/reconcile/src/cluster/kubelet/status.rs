//! A pod's status, made from what its containers really do (`pkg/kubelet/kubelet_pods.go`,
//! `status/generate.go`).

use super::pressure::EVICTED;
use super::{Container, Ended, Role, Run, State};
use ecow::{EcoString, eco_format};
use kube::{Millis, Object, Value, map, time};

/// The pod with the status that its run gives it now, if that is another one, and the phase that it is
/// in.
///
/// A pod that has ended is shown so only once nothing of it runs any more, which `is_terminal` says
/// (`status_manager.go`, `mergePodStatus`).
pub(super) fn of(
    pod: &Object,
    run: &Run,
    now: Millis,
    is_terminal: bool,
) -> (Option<Value>, &'static str) {
    let policy = pod.spec().get("restartPolicy").text();
    let mut phase = phase(run, policy, is_terminal);
    if run.doomed.is_some() {
        phase = "Failed";
    }
    let before = pod.meta.phase.as_str();
    let mut status = Changes {
        old: pod.status(),
        changes: Vec::new(),
    };
    if is_terminal || self::is_terminal(before) || !self::is_terminal(phase) {
        if !self::is_terminal(before) && before != phase {
            status.put("phase", phase.into());
        }
        if let Some((reason, message)) = &run.doomed {
            status.put("reason", (*reason).into());
            status.put("message", message.into());
        }
    }
    status.put("observedGeneration", pod.meta.generation.into());
    // Its text would be made for each comparison.
    let since = status.old.get("startTime").text();
    if time::parse_rfc3339(since) != Some(run.since / 1000 * 1000) {
        status.put("startTime", time::rfc3339(run.since).into());
    }
    if status.old.get("hostIP").text() != run.host {
        status.put("hostIP", (&run.host).into());
        status.put("hostIPs", vec![map! { "ip" => &run.host }].into());
    }
    if run.sandbox && status.old.get("podIP").text() != run.ip {
        status.put("podIP", (&run.ip).into());
        status.put("podIPs", vec![map! { "ip" => &run.ip }].into());
    }
    let has_init = run.containers.iter().any(|one| one.role != Role::Main);
    let show = |init: bool| -> Value {
        let of = run
            .containers
            .iter()
            .filter(|one| (one.role != Role::Main) == init);
        of.map(|one| container(one, has_init, policy)).collect()
    };
    status.put("containerStatuses", show(false));
    if has_init {
        status.put("initContainerStatuses", show(true));
    }
    let conditions = conditions(pod, run, phase, now, is_terminal);
    status.put("conditions", conditions);
    (status.of(pod), phase)
}

/// What differs from a status. What stays the same stays shared, and so does what other pods say alike.
struct Changes<'a> {
    old: &'a Value,
    changes: Vec<(&'static str, Value)>,
}

impl Changes<'_> {
    fn put(&mut self, field: &'static str, value: Value) {
        if *self.old.get(field) != value {
            self.changes.push((field, value.shared()));
        }
    }

    /// The pod with the changes; none if there are none.
    fn of(self, pod: &Object) -> Option<Value> {
        if self.changes.is_empty() {
            return None;
        }
        let mut value = pod.value.clone();
        let status = value.entry("status");
        for (field, member) in self.changes {
            *status.entry(field) = member;
        }
        Some(value)
    }
}

/// Whether a pod in this phase has ended.
pub(super) fn is_terminal(phase: &str) -> bool {
    matches!(phase, "Succeeded" | "Failed")
}

/// `getPhase`
fn phase(run: &Run, policy: &str, is_terminal: bool) -> &'static str {
    let (mut pending, mut waiting, mut running, mut stopped, mut failed) = (false, 0, 0, 0, 0);
    let has_begun = run
        .containers
        .iter()
        .any(|one| one.role == Role::Main && one.state != State::Waiting);
    for one in &run.containers {
        let is_failed = one.ended().is_some_and(|ended| ended.code != 0);
        match (one.role, &one.state) {
            (Role::Init, State::Ended(_)) if is_failed && policy == "Never" => return "Failed",
            (Role::Init, State::Ended(_)) => {}
            (Role::Init, _) => pending = true,
            (Role::Sidecar, State::Running { .. }) => {
                running += 1;
                pending |= !one.is_started() && !has_begun;
            }
            (Role::Sidecar, State::Waiting) => {
                waiting += 1;
                pending |= !has_begun;
            }
            (Role::Sidecar, State::Ended(_)) => {}
            (Role::Main, State::Running { .. }) => running += 1,
            (Role::Main, State::Waiting) => waiting += 1,
            (Role::Main, State::Ended(ended)) => {
                stopped += 1;
                failed += usize::from(ended.code != 0);
            }
        }
    }
    if pending || waiting > 0 {
        return "Pending";
    }
    match (running, failed) {
        (1.., _) => "Running",
        _ if stopped == 0 => "Pending",
        (_, 0) if is_terminal || policy != "Always" => "Succeeded",
        _ if is_terminal || policy == "Never" => "Failed",
        _ => "Running",
    }
}

/// A condition's type, whether it holds, its reason and its message.
type Condition = (&'static str, bool, &'static str, EcoString);

fn conditions(pod: &Object, run: &Run, phase: &str, now: Millis, is_terminal: bool) -> Value {
    let (ready, reason, message) = containers_ready(run, phase);
    let gates = pod.spec().get("readinessGates").items();
    let closed = gates.iter().find(|gate| {
        pod.condition(gate.get("conditionType").text())
            .get("status")
            .text()
            != "True"
    });
    let gated: Condition = match closed.filter(|_| ready) {
        Some(gate) => {
            let kind = gate.get("conditionType").text();
            let message = eco_format!(
                "corresponding condition of pod readiness gate {kind:?} does not exist."
            );
            ("Ready", false, "ReadinessGatesNotReady", message)
        }
        None => ("Ready", ready, reason, message.clone()),
    };
    let mut all = vec![
        (
            "PodReadyToStartContainers",
            run.sandbox,
            "",
            EcoString::new(),
        ),
        initialized(run, phase),
        gated,
        ("ContainersReady", ready, reason, message),
    ];
    if let Some((EVICTED, message)) = &run.doomed
        && is_terminal
    {
        let reason = "TerminationByKubelet";
        all.push(("DisruptionTarget", true, reason, message.clone()));
    }
    // One pass over those that there are. What others say stays as it is.
    let mut before = vec![&Value::NULL; all.len()];
    let mut others = Vec::new();
    for old in pod.status().get("conditions").items() {
        let kind = old.get("type").text();
        match all.iter().position(|own| lean::is_same(own.0, kind)) {
            Some(at) if before[at].is_null() => before[at] = old,
            Some(_) => {}
            None => others.push(old.clone()),
        }
    }
    let stamp = time::rfc3339(now);
    let made = all.into_iter().zip(before);
    let made = made.map(|((kind, holds, reason, message), old)| {
        let status = if holds { "True" } else { "False" };
        let generation = Some(pod.meta.generation).filter(|generation| *generation > 0);
        // What stays the same stays shared, its keys too.
        let is = |field: &str, text: &str| old.get(field).text() == text;
        let mut condition = old.clone();
        if !is("status", status) {
            *condition.entry("lastTransitionTime") = stamp.clone().into();
            *condition.entry("status") = status.into();
        }
        if old.is_null() {
            *condition.entry("type") = kind.into();
        }
        if old.get("observedGeneration").as_int() != generation {
            condition.set("observedGeneration", generation);
        }
        for (field, text) in [("reason", reason), ("message", message.as_str())] {
            if !is(field, text) {
                condition.set(field, Some(text).filter(|text| !text.is_empty()));
            }
        }
        condition
    });
    made.chain(others).collect()
}

/// `GeneratePodInitializedCondition`
fn initialized(run: &Run, phase: &str) -> Condition {
    let kind = "Initialized";
    if phase == "Succeeded" {
        return (kind, true, "PodCompleted", EcoString::new());
    }
    let has_begun = run
        .containers
        .iter()
        .any(|one| one.role == Role::Main && one.state != State::Waiting);
    let is_incomplete = |one: &&Container| match one.role {
        Role::Main => false,
        Role::Init => !one.is_ready(),
        Role::Sidecar => !one.is_started(),
    };
    let names = names(run, is_incomplete);
    if has_begun || names.is_empty() {
        return (kind, true, "", EcoString::new());
    }
    let message = eco_format!("containers with incomplete status: [{names}]");
    (kind, false, "ContainersNotInitialized", message)
}

/// `GenerateContainersReadyCondition`
fn containers_ready(run: &Run, phase: &str) -> (bool, &'static str, EcoString) {
    let names = names(run, |one| one.role != Role::Init && !one.is_ready());
    match phase {
        "Succeeded" => (false, "PodCompleted", EcoString::new()),
        "Failed" => (false, "PodFailed", EcoString::new()),
        _ if names.is_empty() => (true, "", EcoString::new()),
        _ => {
            let message = eco_format!("containers with unready status: [{names}]");
            (false, "ContainersNotReady", message)
        }
    }
}

/// The names of the containers that a test picks: init containers first, as in a pod's spec.
fn names(run: &Run, test: impl Fn(&&Container) -> bool) -> EcoString {
    let mut names = EcoString::new();
    for init in [true, false] {
        let group = run
            .containers
            .iter()
            .filter(|one| (one.role != Role::Main) == init);
        for one in group.filter(&test) {
            if !names.is_empty() {
                names.push(' ');
            }
            names.push_str(&one.name);
        }
    }
    names
}

fn container(container: &Container, has_init: bool, policy: &str) -> Value {
    // What is about to be started again waits, for the reason that it was not started yet.
    let waits = container
        .reason
        .as_ref()
        .filter(|_| container.is_restarted(policy));
    let (state, last) = match (&container.state, waits) {
        (State::Running { since }, _) => {
            let state = map! { "running" => map! { "startedAt" => time::rfc3339(*since) } };
            (state, container.last.as_ref())
        }
        (State::Ended(ended), None) => (terminated(ended), container.last.as_ref()),
        (_, Some((reason, message))) => (waiting(reason, message), container.ended()),
        (State::Waiting, None) => {
            let reason = if has_init {
                "PodInitializing"
            } else {
                "ContainerCreating"
            };
            (waiting(reason, ""), None)
        }
    };
    map! {
        "image" => &container.image,
        "imageID" => &container.digest,
        "lastState" => last.map(terminated),
        "name" => &container.name,
        "ready" => container.is_ready(),
        "restartCount" => container.restarts,
        "started" => container.is_started(),
        "state" => state,
    }
}

fn waiting(reason: &str, message: &str) -> Value {
    let mut waiting = map! { "reason" => reason };
    if !message.is_empty() {
        waiting.set("message", message);
    }
    map! { "waiting" => waiting }
}

fn terminated(ended: &Ended) -> Value {
    let mut terminated = map! {
        "exitCode" => ended.code,
        "reason" => ended.reason,
        "startedAt" => time::rfc3339(ended.since),
        "finishedAt" => time::rfc3339(ended.at),
    };
    if !ended.message.is_empty() {
        terminated.set("message", &ended.message);
    }
    map! { "terminated" => terminated }
}
