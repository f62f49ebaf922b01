//! A node as a whole: it loses its power and comes back (`pkg/kubelet/kubelet_node_status.go`).

use super::{Ended, PodEvent, Pods, Run, State, observe};
use crate::cluster::network::{self, Cause};
use crate::cluster::node_lifecycle::set_condition;
use crate::engine::{Event, World};
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::Verb;
use kube::{Change, ChangeKind, Key, Millis, Value};
use lean::SharedMap;
use std::rc::Rc;

/// The nodes whose kubelets are silent, and since when.
pub type Silent = SharedMap<EcoString, Millis>;

/// What a kubelet says of a node that is well: condition, state, reason, message.
const WELL: [(&str, &str, &str, &str); 4] = [
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    (
        "DiskPressure",
        "False",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure",
    ),
    (
        "PIDPressure",
        "False",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
    ),
    (
        "Ready",
        "True",
        "KubeletReady",
        "kubelet is posting ready status",
    ),
];

/// Writes into a node's status that it is well.
pub(crate) fn say_well(status: &mut Value, now: Millis) {
    for (kind, state, reason, message) in WELL {
        set_condition(status, kind, state, reason, message, now);
    }
}

impl Pods {
    fn on(&self, node: &str) -> Vec<EcoString> {
        let runs = self.runs.iter().filter(|(_, run)| run.node == node);
        runs.map(|(uid, _)| uid.clone()).collect()
    }

    /// Whether a node is silent.
    pub(crate) fn is_silent(&self, node: &str) -> bool {
        self.silent.contains_key(node)
    }
}

impl Run {
    /// The power fails: no process is left, and nobody was there to see how they ended.
    fn lose_power(&mut self, now: Millis) {
        self.sandbox = false;
        self.worker = self.worker.anew();
        for container in self.containers.make_mut() {
            if let State::Running { since } = container.state {
                container.state = State::Ended(Ended {
                    code: 255,
                    reason: "Unknown",
                    message: EcoString::new(),
                    since,
                    at: now,
                });
            }
            (container.listens, container.shell) = (false, None);
            container.life += 1;
            container.probes = container.probes.anew();
        }
    }
}

/// A node loses its power.
pub(crate) fn stop(world: &mut World, name: &EcoString) {
    let now = world.now;
    world.pods.silent.insert(name.clone(), now);
    world.recorders.forget(&eco_format!("kubelet, {name}"));
    for uid in world.pods.on(name) {
        let containers = world
            .pods
            .runs
            .get(&uid)
            .map_or(0, |run| run.containers.len());
        for at in 0..containers {
            // Nobody is left to say that a connection has ended.
            network::ended(world, &uid, at, Cause::Timeout);
        }
        if let Some(run) = world.pods.runs.get_mut(&uid) {
            run.lose_power(now);
        }
    }
}

/// A node that lost its power comes back: its kubelet says so, and begins anew with the pods that
/// the API server has for it.
pub(crate) fn start(world: &mut World, name: &EcoString) {
    world.pods.silent.remove(name);
    world.pods.pressures.remove(name);
    for uid in world.pods.on(name) {
        let run = world.pods.runs.get(&uid);
        let pod = run.and_then(|run| world.store.get(&run.key));
        if pod.is_none_or(|pod| pod.meta.uid != uid) {
            world.pods.runs.remove(&uid);
        }
    }
    let Some(node) = world
        .store
        .get(&Key::new("Node", "", name.clone()))
        .cloned()
    else {
        return;
    };
    let actor = eco_format!("kubelet, {name}");
    world.event(
        &actor,
        &node,
        Note::detail("event", "Starting", "Starting kubelet."),
    );
    let message = eco_format!(
        "Node {name} has been rebooted, boot id: {}",
        world.random.uuid()
    );
    world.event(&actor, &node, Note::warning("event", "Rebooted", message));
    let mut value = node.value.clone();
    say_well(value.entry("status"), world.now);
    let why = eco_format!("{name} is back, and its kubelet says that it is well.");
    let note = Note::story("patch", "KubeletReady", why);
    // Nothing else writes to it at this moment, so that it cannot be refused for that.
    let _ = world.request(
        &actor,
        node.key.clone(),
        "status",
        Verb::Update(value),
        note,
    );
    let message = eco_format!("Node {name} status is now: NodeReady");
    world.event(&actor, &node, Note::detail("event", "NodeReady", message));
    let pods: Vec<_> = world.store.pods_on(name).cloned().collect();
    let hop = world.settings.timings.watch;
    for pod in pods {
        let uid = pod.meta.uid.clone();
        if let Some(run) = world.pods.runs.get_mut(&uid) {
            run.worker.wake_at(world.now + hop);
            let event = match pod.meta.deleted {
                Some(_) => PodEvent::Stop,
                None => PodEvent::Sync,
            };
            world.after(hop, Event::Pod(uid, event));
        } else {
            let change = Change {
                version: pod.meta.version,
                kind: ChangeKind::Added,
                old: None,
                new: Rc::clone(&pod),
            };
            observe(world, &change);
        }
    }
}
