//! The kubelets: they pull images, start containers, probe them, and stop them
//! (`pkg/kubelet`; the order of states, reasons and messages is that of recordings with containerd).
//!
//! A kubelet remembers what the API server does not know: what each container really does. That is
//! a [`Run`]. Everything the cluster sees of it goes through the API server as a pod's status.
//!
//! In the order of a first reading: [`sync`] is the pod's worker, which looks at the pod when there
//! is a reason to, says what it sees, and [`plan`]s what to do; [`start`] and [`stop`] do it; [`status`]
//! says what is seen; [`probes`] ask the containers; a container behaves as its image's `app.yaml`
//! says or as its command does ([`shell`], [`programs`], [`files`]). [`view`] is for who looks at it all.
//!
//! An application that is well stays well until something happens to it, so a probe that it has
//! answered well often enough is not repeated until then.

mod config;
mod files;
mod images;
mod listener;
pub(crate) mod logs;
pub(crate) mod node;
mod plan;
pub(crate) mod pressure;
mod probes;
mod programs;
mod shell;
mod start;
mod status;
mod stop;
mod sync;
pub(crate) mod view;

use super::pod;
use crate::delivery::app::App;
use crate::engine::{Event, World};
use crate::pipeline::tints;
use crate::trace::Note;
use ecow::{EcoString, EcoVec, eco_format};
use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value};
use lean::{FlatMap, SharedMap, tight};
use shell::Shell;
use std::rc::Rc;

pub use images::NodeImage;
pub(in crate::cluster) use listener::{Listener, Served, ask_anew, out_of_memory};
pub use node::Silent;
pub use probes::Probe;

/// All that the kubelets remember.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    /// By the pod's uid.
    runs: SharedMap<EcoString, Run>,
    images: images::Images,
    addresses: u32,
    /// The nodes whose kubelets are silent.
    pub(crate) silent: Silent,
    /// The pods of nodes that are cut off, as their kubelets know them, by uid.
    known: SharedMap<EcoString, Rc<Object>>,
    pressures: pressure::Pressures,
}

/// A pod on its node.
#[derive(Clone, Debug)]
pub struct Run {
    key: Key,
    node: EcoString,
    /// The name that its kubelet acts under.
    actor: EcoString,
    ip: EcoString,
    /// The address of its node.
    host: EcoString,
    since: Millis,
    sandbox: bool,
    /// The colour of the commit that it runs.
    colour: Option<usize>,
    /// First those of `containers`, then those of `initContainers`.
    containers: EcoVec<Container>,
    worker: sync::Worker,
    files: files::Files,
    /// Why the kubelet ends it: reason and message.
    doomed: Option<(&'static str, EcoString)>,
    /// The pod as it was last, once the API server has forgotten it.
    orphan: Option<Rc<Object>>,
}

/// What a container is to its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Main,
    Init,
    /// An init container with `restartPolicy: Always`.
    Sidecar,
}

/// A container, as it really is.
#[derive(Clone, Debug)]
struct Container {
    name: EcoString,
    image: EcoString,
    digest: EcoString,
    role: Role,
    state: State,
    /// How the life before this one ended.
    last: Option<Ended>,
    /// Why it did not start: reason and message (`pkg/kubelet/reason_cache.go`).
    reason: Option<(&'static str, EcoString)>,
    restarts: u32,
    /// The wait before it is started again.
    back_off: BackOff,
    /// The wait before its image is pulled again.
    pull_back_off: BackOff,
    /// Why it could not be pulled.
    pull_failure: EcoString,
    /// Which life this is: what was planned for an earlier one is void.
    life: u32,
    listens: bool,
    /// What its image is: none for one with nothing but a shell and its programs.
    app: Option<Rc<App>>,
    /// What its command does, if it is run by a shell.
    shell: Option<Rc<Shell>>,
    variables: Rc<FlatMap<EcoString, EcoString>>,
    probes: probes::Workers,
    /// When SIGTERM reached it in this life.
    signal: Option<Millis>,
    printed: Option<Rc<logs::Printed>>,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Waiting,
    Running { since: Millis },
    Ended(Ended),
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq)]
struct Ended {
    code: i64,
    reason: &'static str,
    message: EcoString,
    since: Millis,
    at: Millis,
}

/// A wait that doubles (`client-go/util/flowcontrol/backoff.go`).
#[derive(Clone, Copy, Debug, Default)]
struct BackOff {
    wait: Millis,
    updated: Millis,
}

impl BackOff {
    /// Whether it is still to be waited at `now` for something that happened at `then`. What went
    /// well for twice the longest wait begins anew.
    fn holds(self, then: Millis, now: Millis, max: Millis) -> bool {
        self.wait > 0 && !self.is_over(then, max) && now.saturating_sub(then) < self.wait
    }

    /// Whether it is still to be waited since it began (`IsInBackOffSinceUpdate`).
    fn holds_since_update(self, now: Millis, max: Millis) -> bool {
        self.wait > 0 && !self.is_over(now, max) && now - self.updated < self.wait
    }

    fn is_over(self, then: Millis, max: Millis) -> bool {
        then.saturating_sub(self.updated) > 2 * max
    }

    /// The next wait begins.
    fn next(&mut self, then: Millis, now: Millis, first: Millis, max: Millis) {
        let is_new = self.wait == 0 || self.is_over(then, max);
        self.wait = if is_new {
            first
        } else {
            (2 * self.wait).min(max)
        };
        self.updated = now;
    }
}

/// What can happen to a pod on its node. The number is the container's place in the [`Run`].
#[derive(Clone, Debug)]
pub enum PodEvent {
    /// The pod's worker looks at it.
    Sync,
    /// The kubelet hears from the container runtime what has changed.
    Relist,
    /// What the worker with this ticket waits for is done.
    Step(u32),
    /// In this life, the application listens now.
    Listen(usize, u32),
    /// In this life, a program of the container's command ends.
    Wake(usize, u32),
    /// A probe's worker with this ticket is due.
    Probe(usize, Probe, u32),
    /// A probe of this life has its answer.
    Answer(usize, u32, Probe, Result<(), EcoString>),
    /// In this life, load begins or ceases to keep a container from answering its probes.
    Strain(usize, u32),
    /// The pod was deleted.
    Stop,
    /// In this life, a container's preStop hook has ended, well or not, and SIGTERM follows.
    Terminate(usize, u32, bool),
    /// Sidecars wait no longer for their turn to be stopped.
    Turn,
    /// In this life, the process ends, with this exit code and reason.
    Exit(usize, u32, i64, &'static str),
}

impl Pods {
    /// Whether an event can still do something: its pod is there, and in the life it was meant for.
    pub(crate) fn awaits(&self, uid: &EcoString, event: &PodEvent) -> bool {
        let Some(run) = self.runs.get(uid) else {
            return false;
        };
        match event {
            PodEvent::Listen(at, life)
            | PodEvent::Wake(at, life)
            | PodEvent::Strain(at, life)
            | PodEvent::Answer(at, life, ..)
            | PodEvent::Terminate(at, life, _)
            | PodEvent::Exit(at, life, ..) => run.containers[*at].life == *life,
            PodEvent::Probe(at, probe, ticket) => {
                run.containers[*at].probes.awaits(*probe, *ticket)
            }
            PodEvent::Step(ticket) => run.worker.awaits(*ticket),
            PodEvent::Sync => run.worker.is_due(),
            PodEvent::Relist | PodEvent::Stop | PodEvent::Turn => true,
        }
    }

    /// The colour of the commit that a pod runs.
    pub(crate) fn colour(&self, uid: &EcoString) -> Option<usize> {
        self.runs.get(uid)?.colour
    }
}

/// A kubelet watches the pods of its node, and the ConfigMaps and Secrets that they use.
pub(crate) fn observe(world: &mut World, change: &Change) {
    let pod = &change.new;
    match pod.key.kind.as_str() {
        "Pod" if !pod::node(pod).is_empty() => {}
        "ConfigMap" | "Secret" => return sync::config_changed(world, change),
        _ => return,
    }
    if world.pods.is_silent(pod::node(pod)) {
        return;
    }
    let uid = &pod.meta.uid;
    let hop = world.settings.timings.watch;
    let Some(run) = world.pods.runs.get(uid) else {
        if change.kind != ChangeKind::Deleted && !pod::has_ended(pod) {
            let colour = tints::of_pod(world, pod, "");
            let mut run = new_run(&mut world.pods.addresses, &world.store, pod, world.now);
            run.colour = colour;
            run.worker.wake_at(world.now + hop);
            world.pods.runs.insert(uid.clone(), run);
            world.after(hop, Event::Pod(uid.clone(), PodEvent::Sync));
        }
        return;
    };
    let is_gone = change.kind == ChangeKind::Deleted;
    if is_gone && !run.containers.iter().any(Container::is_running) {
        world.pods.runs.remove(uid);
        return;
    }
    let stops = (is_gone || pod.meta.deleted.is_some()) && run.worker.stops();
    if is_gone && let Some(run) = world.pods.runs.get_mut(uid) {
        run.orphan = Some(pod.clone());
    }
    if stops {
        world.after(hop, Event::Pod(uid.clone(), PodEvent::Stop));
    } else if change
        .old
        .as_ref()
        .is_some_and(|old| old.spec() != pod.spec() && !pod::node(old).is_empty())
        && let Some(run) = world.pods.runs.get(uid).cloned()
    {
        act_with(world, uid, pod.clone(), run, |work| work.ask());
    }
}

fn new_run(addresses: &mut u32, store: &Store, pod: &Object, now: Millis) -> Run {
    *addresses += 1;
    let host = node::address(store, &pod.meta.node);
    let ip = match pod.spec().get("hostNetwork").as_bool() {
        Some(true) => host.clone(),
        _ => eco_format!("10.244.{}.{}", *addresses / 250, *addresses % 250 + 2),
    };
    let main = pod::containers(pod).iter().map(|spec| (spec, Role::Main));
    let init = pod.spec().get("initContainers").items().iter().map(|spec| {
        let is_sidecar = spec.get("restartPolicy").text() == "Always";
        (
            spec,
            if is_sidecar {
                Role::Sidecar
            } else {
                Role::Init
            },
        )
    });
    let containers = main.chain(init).map(|(spec, role)| Container {
        name: spec.get("name").to_text(),
        image: spec.get("image").to_text(),
        digest: EcoString::new(),
        role,
        state: State::Waiting,
        last: None,
        reason: None,
        restarts: 0,
        back_off: BackOff::default(),
        pull_back_off: BackOff::default(),
        pull_failure: EcoString::new(),
        life: 0,
        listens: false,
        app: None,
        shell: None,
        variables: Rc::default(),
        probes: probes::Workers::default(),
        signal: None,
        printed: None,
    });
    Run {
        key: pod.key.clone(),
        node: pod.meta.node.clone(),
        actor: lean::joined(&["kubelet, ", pod::node(pod)]),
        ip,
        host,
        since: now,
        sandbox: false,
        colour: None,
        containers: containers.collect(),
        worker: sync::Worker::default(),
        files: files::Files::default(),
        doomed: None,
        orphan: None,
    }
}

impl Container {
    fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// How its last life to end ended.
    fn ended(&self) -> Option<&Ended> {
        match &self.state {
            State::Ended(ended) => Some(ended),
            _ => self.last.as_ref(),
        }
    }

    /// Whether it is started again when it is found not to run
    /// (`pkg/kubelet/container/helpers.go`, `ShouldContainerBeRestarted`).
    fn is_restarted(&self, policy: &str) -> bool {
        match (&self.state, self.role) {
            (State::Running { .. }, _) => false,
            (State::Waiting, _) | (_, Role::Sidecar) => true,
            (State::Ended(ended), Role::Init) => policy != "Never" && ended.code != 0,
            (State::Ended(ended), Role::Main) => {
                policy == "Always" || (policy == "OnFailure" && ended.code != 0)
            }
        }
    }
}

/// What a pod says of the container at a place of its [`Run`].
pub(in crate::cluster) fn container_spec(pod: &Object, at: usize) -> &Value {
    let main = pod::containers(pod);
    let init = || pod.spec().get("initContainers").items();
    main.get(at)
        .or_else(|| init().get(at - main.len()))
        .unwrap_or(&Value::Null)
}

/// A pod as it is being worked on: its run is written back when the work is done.
struct Work<'a> {
    world: &'a mut World,
    uid: &'a EcoString,
    pod: Rc<Object>,
    run: Run,
}

/// All processes of a pod are killed from outside.
pub(crate) fn kill_processes(world: &mut World, uid: &EcoString) {
    let Some(run) = world.pods.runs.get(uid) else {
        return;
    };
    let containers = run.containers.iter().enumerate();
    let running = containers.filter(|(_, one)| one.is_running());
    let lives: Vec<(usize, u32)> = running.map(|(at, one)| (at, one.life)).collect();
    for (at, life) in lives {
        let exit = PodEvent::Exit(at, life, 137, "Error");
        world.after(0, Event::Pod(uid.clone(), exit));
    }
}

/// Something happens to a pod.
pub(crate) fn act(world: &mut World, uid: &EcoString, event: PodEvent) {
    let Some(run) = world.pods.runs.get(uid).cloned() else {
        return;
    };
    if world.pods.is_off(&run.node) {
        return;
    }
    let known = world.pods.known.get(uid);
    let stored = || world.store.get(&run.key).filter(|pod| pod.meta.uid == *uid);
    let Some(pod) = known.or_else(stored).or(run.orphan.as_ref()).cloned() else {
        return;
    };
    act_with(world, uid, pod, run, |work| work.on(event));
}

fn act_with(
    world: &mut World,
    uid: &EcoString,
    pod: Rc<Object>,
    run: Run,
    work: impl FnOnce(&mut Work<'_>),
) {
    let mut all = Work {
        world: &mut *world,
        uid,
        pod,
        run,
    };
    let memory = all.run.memory();
    work(&mut all);
    let change = (all.run.memory() != memory).then(|| all.run.node.clone());
    if let Some(kept) = all.world.pods.runs.get_mut(uid) {
        *kept = all.run;
    }
    if let Some(node) = change {
        pressure::changed(world, &node);
    }
}

impl Work<'_> {
    fn on(&mut self, event: PodEvent) {
        match event {
            PodEvent::Sync => self.look(),
            PodEvent::Relist => self.relist(),
            PodEvent::Step(ticket) if self.run.worker.awaits(ticket) => self.step(),
            PodEvent::Listen(at, life) if self.is_alive(at, life) => self.listen(at),
            PodEvent::Wake(at, life) if self.is_alive(at, life) => self.advance(),
            PodEvent::Strain(at, life) if self.is_alive(at, life) => self.probe_anew(at),
            PodEvent::Probe(at, probe, ticket) => self.tick(at, probe, ticket),
            PodEvent::Answer(at, life, probe, answer) if self.is_alive(at, life) => {
                self.answered(at, probe, answer);
            }
            PodEvent::Stop => self.stop(),
            PodEvent::Turn => self.go_on_killing(),
            PodEvent::Terminate(at, life, is_well) if self.is_alive(at, life) => {
                self.terminate(at, is_well);
            }
            PodEvent::Exit(at, life, code, reason) if self.is_alive(at, life) => {
                self.advance();
                if self.is_alive(at, life) {
                    self.exit(at, code, reason);
                }
            }
            _ => {}
        }
    }

    fn is_alive(&self, at: usize, life: u32) -> bool {
        let container = &self.run.containers[at];
        container.life == life && container.is_running()
    }

    fn actor(&self) -> EcoString {
        self.run.actor.clone()
    }

    fn name(&self) -> &EcoString {
        &self.run.key.name
    }

    /// `NAME_NAMESPACE(UID)` (`pkg/kubelet/util/format`).
    fn full_name(&self) -> EcoString {
        let key = &self.run.key;
        eco_format!("{}_{}({})", key.name, key.namespace, self.uid)
    }

    fn spec(&self, at: usize) -> &Value {
        container_spec(&self.pod, at)
    }

    fn policy(&self) -> &str {
        self.pod.spec().get("restartPolicy").text()
    }

    fn container(&mut self, at: usize) -> &mut Container {
        &mut tight::make_mut(&mut self.run.containers)[at]
    }

    fn after(&mut self, delay: Millis, event: PodEvent) {
        self.world.after(delay, Event::Pod(self.uid.clone(), event));
    }

    fn event(&mut self, note: Note) {
        let pod = self.pod.clone();
        self.world.event(&self.actor(), &pod, note);
    }

    /// The same about a container (`pkg/kubelet/container/ref.go`, fieldPath).
    fn event_of(&mut self, at: usize, note: Note) {
        let container = &self.run.containers[at];
        let list = match container.role {
            Role::Main => "containers",
            Role::Init | Role::Sidecar => "initContainers",
        };
        let part = lean::joined(&["spec.", list, "{", &container.name, "}"]);
        let pod = self.pod.clone();
        self.world.event_of(&self.actor(), &pod, &part, note);
    }

    fn keep(&mut self) {
        if let Some(run) = self.world.pods.runs.get_mut(self.uid) {
            *run = self.run.clone();
        }
    }
}
