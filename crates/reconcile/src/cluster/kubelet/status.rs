//! A pod's status, made from what its containers really do (`pkg/kubelet/kubelet_pods.go`,
//! `status/generate.go`).

use super::pressure::EVICTED;
use super::{Container, Ended, Role, Run, State};
use ecow::{EcoString, EcoVec, eco_format};
use kube::{Millis, Object, Value, map, time};
use std::cell::RefCell;

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
    let Said {
        conditions,
        main,
        init,
        phase,
    } = said(pod, run, now, is_terminal);
    let (before, old) = (pod.meta.phase.as_str(), pod.status());
    let kept = |field: &str| old.get(field).clone();
    let [mut shown, mut reason, mut message] = ["phase", "reason", "message"].map(kept);
    if is_terminal || self::is_terminal(before) || !self::is_terminal(phase) {
        if !self::is_terminal(before) && before != phase {
            shown = phase.into();
        }
        if let Some((why, text)) = &run.doomed {
            (reason, message) = ((*why).into(), text.into());
        }
    }
    let [mut ip, mut ips] = ["podIP", "podIPs"].map(kept);
    if run.sandbox && ip.text() != run.ip {
        ip = (&run.ip).into();
        ips = vec![map! { "ip" => &run.ip }].into();
    }
    let [mut host, mut hosts] = ["hostIP", "hostIPs"].map(kept);
    if host.text() != run.host {
        host = (&run.host).into();
        hosts = Value::from(vec![map! { "ip" => &run.host }]).shared();
    }
    let status = old.with(&mut [
        ("conditions", conditions),
        ("containerStatuses", main),
        ("hostIP", host),
        ("hostIPs", hosts),
        ("initContainerStatuses", init),
        ("message", message),
        ("observedGeneration", pod.meta.generation.into()),
        ("phase", shown),
        ("podIP", ip),
        ("podIPs", ips),
        ("reason", reason),
        ("startTime", moment(old.get("startTime"), run.since)),
    ]);
    let pod = (status != *old).then(|| pod.value.with(&mut [("status", status)]));
    (pod, phase)
}

/// What is said of a pod that others have alike.
#[derive(Clone)]
struct Said {
    conditions: Value,
    /// `containerStatuses`
    main: Value,
    /// `initContainerStatuses`
    init: Value,
    phase: &'static str,
}

/// Something that was said, and all that it follows from.
struct Look {
    conditions: Value,
    main: Value,
    init: Value,
    gates: Value,
    policy: EcoString,
    generation: i64,
    containers: EcoVec<Container>,
    sandbox: bool,
    doomed: Option<(&'static str, EcoString)>,
    second: u64,
    is_terminal: bool,
    said: Said,
}

/// How many are remembered.
const LOOKS: usize = 32;

thread_local! {
    /// What was said last, and where the next takes its place. Of a thousand pods most go the same way in
    /// the same second: then it is made once, and is in memory once.
    static RECENT: RefCell<(usize, Vec<Look>)> = const { RefCell::new((0, Vec::new())) };
}

fn said(pod: &Object, run: &Run, now: Millis, is_terminal: bool) -> Said {
    let [mut conditions, mut main, mut init] = [&Value::NULL; 3];
    for (field, value) in pod.status().members() {
        match field.as_str() {
            "conditions" => conditions = value,
            "containerStatuses" => main = value,
            "initContainerStatuses" => init = value,
            _ => {}
        }
    }
    let spec = pod.spec();
    let (gates, policy) = (spec.get("readinessGates"), spec.get("restartPolicy"));
    let is_alike = |look: &&Look| {
        // Most often the first differs.
        look.conditions.is_identical(conditions)
            && look.main.is_identical(main)
            && look.second == now / 1000
            && (look.sandbox, look.is_terminal) == (run.sandbox, is_terminal)
            && look.generation == pod.meta.generation
            && look.init.is_identical(init)
            && look.gates == *gates
            && look.policy == policy.text()
            && look.doomed == run.doomed
            && look.containers.len() == run.containers.len()
            && look.containers.iter().zip(&run.containers).all(are_alike)
    };
    let known = |(_, looks): &(usize, Vec<Look>)| {
        let look = looks.iter().find(is_alike);
        look.map(|look| look.said.clone())
    };
    if let Some(said) = RECENT.with_borrow(known) {
        return said;
    }
    let said = make(pod, run, now, is_terminal);
    let look = Look {
        conditions: conditions.clone(),
        main: main.clone(),
        init: init.clone(),
        gates: gates.clone(),
        policy: policy.to_text(),
        generation: pod.meta.generation,
        containers: run.containers.clone(),
        sandbox: run.sandbox,
        doomed: run.doomed.clone(),
        second: now / 1000,
        is_terminal,
        said: said.clone(),
    };
    RECENT.with_borrow_mut(|(next, looks)| {
        match looks.get_mut(*next) {
            Some(place) => *place = look,
            None => looks.push(look),
        }
        *next = (*next + 1) % LOOKS;
    });
    said
}

/// Whether the same is said of two containers, of their times to the second.
fn are_alike((a, b): (&Container, &Container)) -> bool {
    let same_end = |a: &Ended, b: &Ended| {
        (a.code, a.reason, a.since / 1000, a.at / 1000)
            == (b.code, b.reason, b.since / 1000, b.at / 1000)
            && a.message == b.message
    };
    let same_state = match (&a.state, &b.state) {
        (State::Waiting, State::Waiting) => true,
        (State::Running { since: a }, State::Running { since: b }) => a / 1000 == b / 1000,
        (State::Ended(a), State::Ended(b)) => same_end(a, b),
        _ => false,
    };
    let same_last = match (&a.last, &b.last) {
        (None, None) => true,
        (Some(a), Some(b)) => same_end(a, b),
        _ => false,
    };
    same_state
        && same_last
        && (a.role, a.restarts, &a.reason) == (b.role, b.restarts, &b.reason)
        && (a.is_ready(), a.is_started()) == (b.is_ready(), b.is_started())
        && a.name == b.name
        && a.image == b.image
        && a.digest == b.digest
}

fn make(pod: &Object, run: &Run, now: Millis, is_terminal: bool) -> Said {
    let (policy, old) = (pod.spec().get("restartPolicy").text(), pod.status());
    let phase = match run.doomed {
        Some(_) => "Failed",
        None => phase(run, policy, is_terminal),
    };
    let has_init = run.containers.iter().any(|one| one.role != Role::Main);
    let show = |field: &str, init: bool| -> Value {
        let of = run
            .containers
            .iter()
            .filter(|one| (one.role != Role::Main) == init);
        let before = old.get(field);
        let said = before.items().iter().chain(std::iter::repeat(&Value::NULL));
        let shown = of.zip(said);
        let shown = shown.map(|(one, said)| container(said, one, has_init, policy));
        unless_same(before, shown.collect())
    };
    Said {
        conditions: conditions(pod, run, phase, now, is_terminal),
        main: show("containerStatuses", false),
        init: match has_init {
            true => show("initContainerStatuses", true),
            false => old.get("initContainerStatuses").clone(),
        },
        phase,
    }
}

/// A new list, which is most likely one that other pods have too; or the one before it, if that says the
/// same.
fn unless_same(before: &Value, now: Value) -> Value {
    match now == *before {
        true => before.clone(),
        false => now.shared(),
    }
}

/// A moment as it is written; most likely it was written before.
fn moment(before: &Value, t: Millis) -> Value {
    if time::parse_rfc3339(before.text()) == Some(t / 1000 * 1000) {
        return before.clone();
    }
    time::rfc3339(t).into()
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
    let generation = Some(pod.meta.generation).filter(|generation| *generation > 0);
    let said = |text: &str| Value::from(Some(text).filter(|text| !text.is_empty()));
    let made = all.into_iter().zip(before);
    let made = made.map(|((kind, holds, reason, message), old)| {
        let status = if holds { "True" } else { "False" };
        let since = match old.get("status").text() == status {
            true => old.get("lastTransitionTime").clone(),
            false => time::rfc3339(now).into(),
        };
        old.with(&mut [
            ("lastTransitionTime", since),
            ("message", said(&message)),
            ("observedGeneration", generation.into()),
            ("reason", said(reason)),
            ("status", status.into()),
            ("type", kind.into()),
        ])
    });
    unless_same(pod.status().get("conditions"), made.chain(others).collect())
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

/// What is said of a container, after what was said before. It is looked at often and changes seldom: what
/// stays the same is not made anew.
fn container(before: &Value, container: &Container, has_init: bool, policy: &str) -> Value {
    // What is about to be started again waits, for the reason that it was not started yet.
    let waits = container
        .reason
        .as_ref()
        .filter(|_| container.is_restarted(policy));
    let said = before.get("state");
    let (state, last) = match (&container.state, waits) {
        (State::Running { since }, _) => {
            let said = said.get("running");
            let at = moment(said.get("startedAt"), *since);
            let running = said.with_only(&mut [("startedAt", at)]);
            (("running", running), container.last.as_ref())
        }
        (State::Ended(ended), None) => (terminated(said, ended), container.last.as_ref()),
        (_, Some((reason, message))) => (waiting(said, reason, message), container.ended()),
        (State::Waiting, None) => {
            let reason = if has_init {
                "PodInitializing"
            } else {
                "ContainerCreating"
            };
            (waiting(said, reason, ""), None)
        }
    };
    let last = last.map(|ended| {
        let said = before.get("lastState");
        said.with_only(&mut [terminated(said, ended)])
    });
    before.with_only(&mut [
        ("image", (&container.image).into()),
        ("imageID", (&container.digest).into()),
        ("lastState", last.into()),
        ("name", (&container.name).into()),
        ("ready", container.is_ready().into()),
        ("restartCount", container.restarts.into()),
        ("started", container.is_started().into()),
        ("state", said.with_only(&mut [state])),
    ])
}

/// The member of a container's state that says why it waits.
fn waiting(before: &Value, reason: &str, message: &str) -> (&'static str, Value) {
    let message = Some(message).filter(|message| !message.is_empty());
    let before = before.get("waiting");
    let waiting = before.with_only(&mut [("message", message.into()), ("reason", reason.into())]);
    ("waiting", waiting)
}

/// The member of a container's state that says how it ended.
fn terminated(before: &Value, ended: &Ended) -> (&'static str, Value) {
    let before = before.get("terminated");
    let message = Some(&ended.message).filter(|message| !message.is_empty());
    let at = |field: &str, t: Millis| moment(before.get(field), t);
    let terminated = before.with_only(&mut [
        ("exitCode", ended.code.into()),
        ("finishedAt", at("finishedAt", ended.at)),
        ("message", message.into()),
        ("reason", ended.reason.into()),
        ("startedAt", at("startedAt", ended.since)),
    ]);
    ("terminated", terminated)
}
