//! The containers of a pod for a viewer: what its status says, and what the kubelet's probes have found.

use super::probes::{self, Probe};
use super::{Container, container_spec};
use crate::cluster::pod;
use crate::engine::World;
use crate::view::{
    AmountRow, ContainerRole, ContainerRow, EndRow, ProbeRow, ProbeStanding, Progress,
};
use ecow::EcoString;
use kube::{Object, Value, quantity, time};

/// A pod's containers in the order in which they start: init containers first.
pub(crate) fn containers(world: &World, pod: &Object) -> Vec<ContainerRow> {
    let main = pod::containers(pod).len();
    let init = pod.spec().get("initContainers").items().len();
    let run = world.pods.runs.get(&pod.meta.uid);
    let usage = world.network.usage(&world.pods, &pod.meta.uid);
    let row = |at: usize| {
        let spec = container_spec(pod, at);
        let container = run.and_then(|run| run.containers.get(at));
        let mut row = row(pod, spec, main <= at, container);
        if let Some(usage) = usage.iter().find(|it| it.name == row.name) {
            (row.cpu.used, row.memory.used) = (usage.cpu, usage.memory);
        }
        row
    };
    (main..main + init).chain(0..main).map(row).collect()
}

fn row(pod: &Object, spec: &Value, is_init: bool, container: Option<&Container>) -> ContainerRow {
    let name = spec.get("name").to_text();
    let (role, list) = match spec.get("restartPolicy").text() {
        "Always" if is_init => (ContainerRole::Sidecar, "initContainerStatuses"),
        _ if is_init => (ContainerRole::Init, "initContainerStatuses"),
        _ => (ContainerRole::Main, "containerStatuses"),
    };
    let statuses = pod.status().get(list).items();
    let status = statuses
        .iter()
        .find(|it| *it.get("name") == *spec.get("name"));
    let status = status.unwrap_or(&Value::NULL);
    let state = status.get("state");
    let of = |member: &str| state.at(&[member, "reason"]).to_text();
    let ended = end(state.get("terminated"));
    let is_running = !state.get("running").is_null();
    let (word, reason) = match &ended {
        _ if is_running => ("Running", EcoString::new()),
        Some(end) => ("Terminated", end.reason.clone()),
        None => ("Waiting", of("waiting")),
    };
    let ready = status.get("ready").as_bool() == Some(true);
    let digest = status.get("imageID").text();
    let container = container.filter(|it| it.is_running());
    ContainerRow {
        role,
        progress: progress(word, &reason, ready, ended.as_ref()),
        message: state.at(&[&word.to_lowercase(), "message"]).to_text(),
        since: time::parse_rfc3339(state.at(&["running", "startedAt"]).text()),
        last: end(status.at(&["lastState", "terminated"])),
        restarts: status
            .get("restartCount")
            .as_int()
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(0),
        image: spec.get("image").to_text(),
        digest: digest.rsplit('@').next().unwrap_or(digest).into(),
        cpu: amount(spec, "cpu", quantity::milli_of),
        memory: amount(spec, "memory", quantity::units_of),
        probes: probes::ALL
            .into_iter()
            .filter_map(|kind| probe(spec, kind, container))
            .collect(),
        state: word.into(),
        reason,
        ended,
        ready,
        name,
    }
}

fn end(terminated: &Value) -> Option<EndRow> {
    (!terminated.is_null()).then(|| EndRow {
        reason: terminated.get("reason").to_text(),
        exit: terminated.get("exitCode").as_int().unwrap_or(0),
        at: time::parse_rfc3339(terminated.get("finishedAt").text()).unwrap_or(0),
    })
}

/// What a container waits for before it is made is no failure; any other reason to wait is one.
fn progress(state: &str, reason: &str, ready: bool, ended: Option<&EndRow>) -> Progress {
    match (state, reason, ended) {
        ("Running", ..) if ready => Progress::Done,
        ("Running", ..) => Progress::Active,
        (.., Some(end)) if end.exit == 0 => Progress::Done,
        (.., Some(_)) => Progress::Failed,
        (_, "" | "PodInitializing", _) => Progress::Waiting,
        (_, "ContainerCreating", _) => Progress::Active,
        _ => Progress::Failed,
    }
}

fn amount(spec: &Value, resource: &str, number: fn(&Value) -> i64) -> AmountRow {
    let of = |member: &str| {
        u64::try_from(number(spec.at(&["resources", member, resource]))).unwrap_or(0)
    };
    AmountRow {
        used: 0,
        request: of("requests"),
        limit: of("limits"),
    }
}

/// One of a container's probes. `container` is the one that runs, if it does.
fn probe(spec: &Value, kind: Probe, container: Option<&Container>) -> Option<ProbeRow> {
    let probe = spec.get(kind.field());
    if probe.is_null() {
        return None;
    }
    let (standing, in_a_row) = container.map_or((ProbeStanding::Waiting, 0), |it| {
        it.probes.standing(kind, it.is_started())
    });
    let (threshold, default) = match standing {
        ProbeStanding::Failing | ProbeStanding::Failed => ("failureThreshold", 3),
        _ => ("successThreshold", 1),
    };
    let number = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    let (target, rhythm) = shell::probe_words(probe);
    Some(ProbeRow {
        kind: kind.word().into(),
        target,
        rhythm,
        standing,
        in_a_row: (
            number(in_a_row),
            number(probe.get(threshold).as_int().unwrap_or(default)),
        ),
    })
}
