//! A node as a whole: it loses its power or is cut off, and comes back
//! (`pkg/kubelet/kubelet_node_status.go`).

use super::{Ended, PodEvent, Pods, Run, State, observe, pressure};
use crate::cluster::network::{self, Cause};
use crate::cluster::node_lifecycle::set_condition;
use crate::engine::{Event, World};
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::Verb;
use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value, map};
use lean::SharedMap;
use std::rc::Rc;
use std::sync::LazyLock;

/// The labels that a kubelet gives its node.
const OWN_LABELS: [&str; 3] = [
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
];

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

/// What a kubelet says of the machine and its programs (`status.nodeInfo`): all nodes of a lab are
/// alike, and share it. What would tell machines apart is left empty.
static NODE_INFO: LazyLock<Value> = LazyLock::new(|| {
    map! {
        "architecture" => "amd64",
        "bootID" => "",
        "containerRuntimeVersion" => "containerd://2.2.1",
        "kernelVersion" => "6.12.48-amd64",
        "kubeProxyVersion" => "",
        "kubeletVersion" => "v1.36.2",
        "machineID" => "",
        "operatingSystem" => "linux",
        "osImage" => "Debian GNU/Linux 13 (trixie)",
        "systemUUID" => "",
    }
});

/// Writes into a node's status what its machine is and where it is found; `number` tells the nodes of
/// a lab apart.
pub(crate) fn introduce(status: &mut Value, name: &str, number: usize) {
    let number = number + 2;
    let ip = eco_format!("172.18.{}.{}", number / 256 % 256, number % 256);
    let address = |kind: &str, at: &str| map! { "type" => kind, "address" => at };
    let addresses = vec![address("InternalIP", &ip), address("Hostname", name)];
    status.set("addresses", addresses);
    status.set("nodeInfo", NODE_INFO.clone());
}

/// Where a node is found, inside the cluster; empty if it does not say.
pub(super) fn address(store: &Store, name: &EcoString) -> EcoString {
    let node = store.get(&Key::new("Node", "", name.clone()));
    let addresses = node.map_or(&[][..], |it| it.status().get("addresses").items());
    let inside = addresses
        .iter()
        .find(|it| it.get("type").text() == "InternalIP");
    inside.map_or_else(EcoString::new, |it| it.get("address").to_text())
}

/// The nodes whose kubelets the API server does not hear.
pub type Silent = SharedMap<EcoString, Silence>;

/// A kubelet that the API server does not hear.
#[derive(Clone, Debug)]
pub struct Silence {
    /// Since when.
    pub since: Millis,
    /// Whether the node is without power; else it is only cut off, and its pods run on.
    is_off: bool,
    /// The node as it was: what its kubelet registers, should it have to.
    node: Rc<Object>,
}

impl Pods {
    fn on(&self, node: &str) -> Vec<EcoString> {
        let runs = self.runs.iter().filter(|(_, run)| run.node == node);
        runs.map(|(uid, _)| uid.clone()).collect()
    }

    /// Whether the API server does not hear a node's kubelet, nor that kubelet the server.
    pub(crate) fn is_silent(&self, node: &str) -> bool {
        self.silent.contains_key(node)
    }

    /// Whether a node has no power.
    pub(crate) fn is_off(&self, node: &str) -> bool {
        self.silent.get(node).is_some_and(|it| it.is_off)
    }

    /// Whether an actor is the kubelet of a silent node.
    pub(crate) fn is_unheard(&self, actor: &str) -> bool {
        let node = actor.strip_prefix("kubelet, ");
        !self.silent.is_empty() && node.is_some_and(|node| self.is_silent(node))
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
            container.keep_lines(now, None);
            (container.listens, container.shell) = (false, None);
            container.life += 1;
            container.probes = container.probes.anew();
        }
    }
}

/// A node loses its power.
pub(crate) fn stop(world: &mut World, node: &Rc<Object>) {
    let (now, name) = (world.now, &node.key.name);
    let before = world.pods.silent.get(name).map(|it| it.since);
    let silence = Silence {
        since: before.unwrap_or(now),
        is_off: true,
        node: node.clone(),
    };
    world.pods.silent.insert(name.clone(), silence);
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
        world.pods.known.remove(&uid);
        if let Some(run) = world.pods.runs.get_mut(&uid) {
            run.lose_power(now);
        }
    }
}

/// A node is cut off from the API server: its kubelet goes on with the pods as it knows them.
pub(crate) fn cut(world: &mut World, node: &Rc<Object>) {
    let name = &node.key.name;
    for uid in world.pods.on(name) {
        let run = world.pods.runs.get(&uid);
        let pod = run.and_then(|run| world.store.get(&run.key));
        if let Some(pod) = pod.filter(|pod| pod.meta.uid == uid).cloned() {
            world.pods.known.insert(uid, pod);
        }
    }
    let silence = Silence {
        since: world.now,
        is_off: false,
        node: node.clone(),
    };
    world.pods.silent.insert(name.clone(), silence);
}

/// The API server hears a node's kubelet again, which says that it is well and begins anew with the
/// pods that the API server has for it.
pub(crate) fn start(world: &mut World, name: &EcoString) {
    let Some(silence) = world.pods.silent.get(name).cloned() else {
        return;
    };
    world.pods.silent.remove(name);
    world.pods.pressures.remove(name);
    for uid in world.pods.on(name) {
        meet(world, uid, silence.is_off);
    }
    let actor = eco_format!("kubelet, {name}");
    let Some(node) = register(world, &actor, &silence) else {
        return;
    };
    if silence.is_off {
        let starting = Note::detail("event", "Starting", "Starting kubelet.");
        world.event(&actor, &node, starting);
        let message = eco_format!(
            "Node {name} has been rebooted, boot id: {}",
            world.random.uuid()
        );
        world.event(&actor, &node, Note::warning("event", "Rebooted", message));
    }
    let mut value = node.value.clone();
    say_well(value.entry("status"), world.now);
    let why = texts::nodes::is_back(name);
    let note = Note::story("patch", "KubeletReady", why);
    let key = node.key.clone();
    // Nothing else writes to it at this moment, so that it cannot be refused for that.
    let _ = world.request(&actor, key, "status", Verb::Update(value), note);
    let message = eco_format!("Node {name} status is now: NodeReady");
    world.event(&actor, &node, Note::detail("event", "NodeReady", message));
    let pods: Vec<_> = world.store.pods_on(name).cloned().collect();
    for pod in pods {
        if !world.pods.runs.contains_key(&pod.meta.uid) {
            let change = Change {
                version: pod.meta.version,
                kind: ChangeKind::Added,
                old: None,
                new: pod,
            };
            observe(world, &change);
        }
    }
    pressure::changed(world, name);
}

/// A kubelet learns what has become of a pod while nobody heard it.
fn meet(world: &mut World, uid: EcoString, was_off: bool) {
    let known = world.pods.known.get(&uid).cloned();
    world.pods.known.remove(&uid);
    let hop = world.settings.timings.watch;
    let Some(run) = world.pods.runs.get_mut(&uid) else {
        return;
    };
    let stored = world.store.get(&run.key);
    let event = match stored.filter(|pod| pod.meta.uid == uid) {
        None if was_off || !run.containers.iter().any(super::Container::is_running) => {
            world.pods.runs.remove(&uid);
            return;
        }
        None => {
            run.orphan = run.orphan.take().or(known);
            PodEvent::Stop
        }
        Some(pod) if pod.meta.deleted.is_some() && run.worker.stops() => PodEvent::Stop,
        Some(_) => {
            run.worker.repeat();
            run.worker.wake_at(world.now + hop);
            PodEvent::Sync
        }
    };
    world.after(hop, Event::Pod(uid, event));
}

/// The Node of a kubelet. One that starts makes it, should it be gone (`registerWithAPIServer`).
fn register(world: &mut World, actor: &str, silence: &Silence) -> Option<Rc<Object>> {
    let key = &silence.node.key;
    let found = world.store.get(key).cloned();
    if found.is_some() || !silence.is_off {
        return found;
    }
    let old = &silence.node.value;
    let mut labels = map! {};
    for name in OWN_LABELS {
        labels.set(name, old.at(&["metadata", "labels", name]).clone());
    }
    let mut status = map! {};
    for field in ["addresses", "allocatable", "capacity", "images", "nodeInfo"] {
        status.set(field, old.at(&["status", field]).clone());
    }
    let object = map! {
        "apiVersion" => "v1",
        "kind" => "Node",
        "metadata" => map! { "name" => &key.name, "labels" => labels },
        "status" => status,
    };
    let why = texts::nodes::registers_again(&key.name);
    let note = Note::story("create", "RegisteredNode", why);
    let made = world.request(actor, key.clone(), "", Verb::Create(object), note);
    made.ok()?.object()
}
