//! A node that runs out of memory: its kubelet says so, and ends one pod after the other until there is
//! enough (`pkg/kubelet/eviction`).
//!
//! A kubelet looks every ten seconds. Here it does so only after something has changed what pods use,
//! and while the node is under pressure.

use super::{PodEvent, Pods, Run, Work};
use crate::cluster::node_lifecycle::set_condition;
use crate::cluster::{network, pod, requests};
use crate::engine::{Event, World};
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, EcoVec, eco_format};
use kube::api::Verb;
use kube::quantity::{Format, Quantity};
use kube::{Key, Millis, Object, Value, quantity};
use lean::SharedMap;
use std::rc::Rc;

/// What must be left of a node's memory, in bytes (`--eviction-hard`: `memory.available<100Mi`): so much
/// of what it has is not for pods.
pub(crate) const THRESHOLD: u64 = 100 << 20;
/// How often the kubelet looks whether a pod that it ends is gone (`podCleanupPollFreq`).
const POLL: Millis = 1_000;
/// How long it waits for that (`podCleanupTimeout`).
const PATIENCE: Millis = 30_000;
/// The grace period of a pod that goes for memory (`immediateEvictionGracePeriodSeconds`).
pub(super) const GRACE: Millis = 1_000;
/// The reason of such a pod's end.
pub(super) const EVICTED: &str = "Evicted";
/// From this priority on a pod is never ended for memory (`SystemCriticalPriority`).
const CRITICAL: i64 = 2_000_000_000;

/// What the kubelets know of their nodes' memory, for those that have something to look at.
pub(super) type Pressures = SharedMap<EcoString, Pressure>;

/// What a kubelet knows of its node's memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Pressure {
    /// When it looks next.
    due: Option<Millis>,
    /// When there was last too little; none if that is long ago.
    seen: Option<Millis>,
    /// The pod that it ends, and since when.
    ending: Option<(EcoString, Millis)>,
}

/// What a pod uses.
struct User<'a> {
    pod: &'a Rc<Object>,
    containers: EcoVec<network::Usage>,
    memory: u64,
}

/// Something has changed what the pods of a node use.
pub(in crate::cluster) fn changed(world: &mut World, node: &EcoString) {
    let tick = tick_after(node, world.now, world.settings.timings.eviction_look);
    look_at(world, node, tick);
}

/// The next moment after `t` when the kubelet of a node looks.
fn tick_after(node: &str, t: Millis, period: Millis) -> Millis {
    let bytes = node.bytes();
    let phase = bytes.fold(0, |sum, byte| (sum * 31 + u64::from(byte)) % period);
    (t + period - phase) / period * period + phase
}

fn look_at(world: &mut World, node: &EcoString, at: Millis) {
    let pressures = &mut world.pods.pressures;
    let mut state = pressures.get(node).cloned().unwrap_or_default();
    if state.due.is_some_and(|due| due <= at) {
        return;
    }
    state.due = Some(at);
    pressures.insert(node.clone(), state);
    world.after(at - world.now, Event::Memory(node.clone()));
}

/// The kubelet of a node looks how much memory is left (`synchronize`).
pub(crate) fn look(world: &mut World, name: &EcoString) {
    let (now, timings) = (world.now, world.settings.timings.clone());
    let Some(mut state) = world.pods.pressures.get(name).cloned() else {
        return;
    };
    if state.due != Some(now) {
        return;
    }
    state.due = None;
    let node = world.store.get(&node_key(name)).cloned();
    let Some(node) = node.filter(|_| !world.pods.is_silent(name)) else {
        world.pods.pressures.remove(name);
        return;
    };
    if world.pods.waits(&state, now) {
        world.pods.pressures.insert(name.clone(), state);
        look_at(world, name, now + POLL);
        return;
    }
    state.ending = None;
    let left = left(world, &node);
    if left < THRESHOLD {
        state.seen = Some(now);
    }
    let over = state
        .seen
        .map(|seen| seen + timings.eviction_pressure_transition);
    if over.is_some_and(|over| over <= now) {
        state.seen = None;
    }
    let is_pressed = state.seen.is_some();
    world.pods.pressures.insert(name.clone(), state);
    if is_pressed != shows_pressure(&node) {
        say(world, &node, is_pressed, left);
    }
    if left < THRESHOLD {
        reclaim(world, &node, left);
    } else if let Some(over) = over.filter(|_| is_pressed) {
        let at = tick_after(name, over - 1, timings.eviction_look);
        look_at(world, name, at);
    } else {
        world.pods.pressures.remove(name);
    }
}

fn node_key(name: &EcoString) -> Key {
    Key::new("Node", "", name.clone())
}

fn shows_pressure(node: &Object) -> bool {
    node.condition("MemoryPressure").get("status").text() == "True"
}

impl Pods {
    /// Whether the kubelet waits for the pod that it ends.
    fn waits(&self, state: &Pressure, now: Millis) -> bool {
        let pod = state.ending.as_ref();
        pod.is_some_and(|(uid, since)| {
            let run = self.runs.get(uid);
            now - since < PATIENCE && run.is_some_and(|run| !run.worker.is_finished())
        })
    }
}

/// Whether a look at a node's memory in the queue is more than time passing.
pub(crate) fn is_awaited(world: &World, name: &EcoString, t: Millis) -> bool {
    let state = world.pods.pressures.get(name);
    let Some(state) = state.filter(|it| it.due == Some(t)) else {
        return false;
    };
    let Some(node) = world.store.get(&node_key(name)) else {
        return false;
    };
    state.ending.is_some()
        || match left(world, node) < THRESHOLD {
            true => !candidates(world, name).is_empty(),
            false => state.seen.is_some(),
        }
}

impl Run {
    /// What its containers use at rest, in bytes.
    pub(super) fn memory(&self) -> u64 {
        let used = self.containers.iter().map(super::Container::resting);
        sum(used.map(|it| it.1))
    }
}

/// The sum of amounts, of which some may be more than there is anywhere.
fn sum(amounts: impl Iterator<Item = u64>) -> u64 {
    amounts.fold(0, u64::saturating_add)
}

/// What is left of a node's memory.
fn left(world: &World, node: &Object) -> u64 {
    let amount = |list: &str| quantity::units_of(node.status().at(&[list, "memory"]));
    let all = match amount("capacity") {
        0 => amount("allocatable"),
        all => all,
    };
    if all <= 0 {
        return u64::MAX;
    }
    let users = users(world, &node.key.name);
    let used = sum(users.iter().map(|it| it.memory));
    u64::try_from(all).unwrap_or(0).saturating_sub(used)
}

/// The pods of a node that have not ended, with what they use.
fn users<'a>(world: &'a World, node: &EcoString) -> Vec<User<'a>> {
    let pods = world.store.pods_on(node).filter(|pod| !pod::has_ended(pod));
    let uses = pods.map(|pod| {
        let containers = world.network.usage(&world.pods, &pod.meta.uid);
        User {
            memory: sum(containers.iter().map(|one| one.memory)),
            pod,
            containers,
        }
    });
    uses.collect()
}

/// Says in the node's status whether there is enough memory (`nodestatus/setters.go`,
/// MemoryPressureCondition).
fn say(world: &mut World, node: &Rc<Object>, is_pressed: bool, left: u64) {
    let name = &node.key.name;
    let (state, reason, message, event) = match is_pressed {
        true => (
            "True",
            "KubeletHasInsufficientMemory",
            "kubelet has insufficient memory available",
            "NodeHasInsufficientMemory",
        ),
        false => (
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
            "NodeHasSufficientMemory",
        ),
    };
    let mut value = node.value.clone();
    let status = value.entry("status");
    set_condition(status, "MemoryPressure", state, reason, message, world.now);
    let note = match is_pressed {
        true => {
            let why = texts::nodes::too_little_memory(name, &bytes(left));
            Note::warning("patch", reason, why)
        }
        false => {
            let why = texts::nodes::enough_memory(name);
            Note::story("patch", reason, why)
        }
    };
    let actor = eco_format!("kubelet, {name}");
    let key = node.key.clone();
    // Nothing else writes to it at this moment, so that it cannot be refused for that.
    let _ = world.request(&actor, key, "status", Verb::Update(value), note);
    let message = eco_format!("Node {name} status is now: {event}");
    world.event(&actor, node, Note::detail("event", event, message));
}

/// Ends the pod that should go first, if there is one that may.
fn reclaim(world: &mut World, node: &Rc<Object>, left: u64) {
    let name = &node.key.name;
    let actor = eco_format!("kubelet, {name}");
    let met = Note::warning(
        "event",
        "EvictionThresholdMet",
        "Attempting to reclaim memory",
    );
    world.event(&actor, node, met);
    let pods = candidates(world, name);
    let now = world.now;
    let Some(first) = pods.first() else {
        let at = tick_after(name, now, world.settings.timings.eviction_look);
        return look_at(world, name, at);
    };
    let (pod, message) = (first.pod.clone(), message(first, left));
    let uid = &pod.meta.uid;
    if let Some(state) = world.pods.pressures.get_mut(name) {
        state.ending = Some((uid.clone(), now));
    }
    let note = Note::warning("event", EVICTED, message.clone());
    world.event(&actor, &pod, note);
    if let Some(run) = world.pods.runs.get(uid).cloned() {
        super::act_with(world, uid, pod.clone(), run, |work| work.evict(message));
    }
    look_at(world, name, now + POLL);
}

/// The pods of a node that may go, the first to go first (`rankMemoryPressure`).
fn candidates<'a>(world: &'a World, node: &EcoString) -> Vec<User<'a>> {
    let mut pods = users(world, node);
    pods.retain(|user| {
        let run = world.pods.runs.get(&user.pod.meta.uid);
        pod::priority(user.pod) < CRITICAL && run.is_some_and(|run| run.doomed.is_none())
    });
    lean::sort_by_key(&mut pods, |user| {
        let used = i64::try_from(user.memory).unwrap_or(i64::MAX);
        let over = used.saturating_sub(requests::requests(user.pod).memory);
        (over <= 0, pod::priority(user.pod), -over)
    });
    pods
}

/// Why a pod goes (`helpers.go`, evictionMessage).
fn message(user: &User<'_>, left: u64) -> EcoString {
    let mut text = eco_format!(
        "The node was low on resource: memory. Threshold quantity: {}, available: {}. ",
        bytes(THRESHOLD),
        bytes(left)
    );
    let spec = user.pod.spec();
    let groups = ["initContainers", "containers"].map(|group| spec.get(group).items());
    for one in &user.containers {
        let mut all = groups.iter().copied().flatten();
        let spec = all.find(|it| it.get("name").text() == one.name);
        let request = spec.map_or(&Value::Null, |it| {
            it.at(&["resources", "requests", "memory"])
        });
        let request = Quantity::of(request).unwrap_or(Quantity::whole(0));
        let used = in_bytes(one.memory);
        if used.nano > request.nano {
            text.push_str(&eco_format!(
                "Container {} was using {}, request is {}, has larger consumption of memory. ",
                one.name,
                used.to_text(),
                request.to_text()
            ));
        }
    }
    text
}

fn in_bytes(amount: u64) -> Quantity {
    Quantity {
        nano: i128::from(amount) * 1_000_000_000,
        format: Format::Binary,
    }
}

fn bytes(amount: u64) -> EcoString {
    in_bytes(amount).to_text()
}

impl Work<'_> {
    /// The pod goes to make room: its containers have a second to stop.
    fn evict(&mut self, message: EcoString) {
        self.run.doomed = Some((EVICTED, message));
        if self.run.worker.stops() {
            self.stop();
            return;
        }
        // It is being stopped already, and has no more time for it.
        for at in 0..self.run.containers.len() {
            let container = &self.run.containers[at];
            if container.is_running() {
                let exit = PodEvent::Exit(at, container.life, 137, "Error");
                self.after(super::stop::GRACE_MIN, exit);
            }
        }
    }
}
