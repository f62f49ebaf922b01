//! The kubelets: they pull images, start containers, probe them, and stop them
//! (`pkg/kubelet`; the order of states, reasons and messages is that of recordings with containerd).
//!
//! A kubelet remembers what the API server does not know: what each container really does. That is
//! a [`Run`]. Everything the cluster sees of it goes through the API server as a pod's status.
//!
//! A container that is well stays well until something happens to it, so a probe that has reached
//! its success threshold is not repeated until then.

mod images;
mod probes;
mod status;

use super::pod;
use crate::delivery::app::{App, OnSigterm};
use crate::engine::{Event, World};
use crate::pipeline::tints;
use crate::trace::Note;
use ecow::{EcoString, EcoVec, eco_format};
use kube::{Change, ChangeKind, Key, Millis, Object, Value, quantity};
use lean::SharedMap;
use std::rc::Rc;

pub use probes::Probe;

/// All that the kubelets remember.
#[derive(Clone, Debug, Default)]
pub struct Pods {
    /// By the pod's uid.
    runs: SharedMap<EcoString, Run>,
    images: images::Images,
    addresses: u32,
}

/// A pod on its node.
#[derive(Clone, Debug)]
pub struct Run {
    key: Key,
    node: EcoString,
    ip: EcoString,
    since: Millis,
    sandbox: bool,
    stopping: bool,
    /// The colour of the commit that it runs.
    colour: Option<usize>,
    containers: EcoVec<Container>,
}

/// A container, as it really is.
#[derive(Clone, Debug)]
struct Container {
    name: EcoString,
    image: EcoString,
    digest: EcoString,
    app: Option<Rc<App>>,
    state: State,
    last: Option<Ended>,
    restarts: u32,
    /// What the next wait before a restart, or before another pull, is.
    back_off: Millis,
    /// Which life this is: what was planned for an earlier one is void.
    life: u32,
    listens: bool,
    ready: bool,
    started: bool,
    probes: probes::Counts,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Waiting {
        reason: EcoString,
        message: EcoString,
    },
    Running {
        since: Millis,
    },
    Ended(Ended),
}

/// How a container ended.
#[derive(Clone, Debug, PartialEq)]
struct Ended {
    code: i64,
    reason: &'static str,
    since: Millis,
    at: Millis,
}

/// What can happen to a pod on its node. The number is the container's place in the pod.
#[derive(Clone, Debug)]
pub enum PodEvent {
    /// The kubelet sees the pod and makes its sandbox.
    SetUp,
    /// The sandbox is there: the containers' images are next.
    Prepared,
    /// An image has arrived, or not.
    Pulled(usize),
    /// A pull that failed is tried again.
    PullAgain(usize),
    /// The container's process starts.
    Start(usize),
    /// In this life, the process listens now.
    Listen(usize, u32),
    /// In this life, a probe is due.
    Probe(usize, u32, Probe),
    /// The kubelet sees that the pod is to stop.
    Stop,
    /// In this life, the process gets SIGTERM.
    Terminate(usize, u32),
    /// In this life, the process ends, with this exit code and reason.
    Exit(usize, u32, i64, &'static str),
    /// The kubelet says that a container which ended waits to be started again.
    BackOff(usize, u32, Millis),
    /// A container that ended is started again.
    Restart(usize, u32),
    /// All containers have ended and the pod can go.
    Remove,
}

impl Pods {
    /// For a pod that listens: its colour, and the errors that it answers with, in ten-thousandths.
    pub(super) fn serving(&self, uid: &EcoString) -> Option<(Option<usize>, u32)> {
        let run = self.runs.get(uid)?;
        let container = run.containers.first()?;
        let app = container.app.as_ref().filter(|_| container.listens)?;
        Some((run.colour, app.errors))
    }

    /// Whether an event can still do something: its pod is there, and in the life it was meant for.
    pub(crate) fn awaits(&self, uid: &EcoString, event: &PodEvent) -> bool {
        let Some(run) = self.runs.get(uid) else {
            return false;
        };
        match event {
            PodEvent::Listen(at, life)
            | PodEvent::Probe(at, life, _)
            | PodEvent::Terminate(at, life)
            | PodEvent::Exit(at, life, ..)
            | PodEvent::BackOff(at, life, _)
            | PodEvent::Restart(at, life) => run.containers[*at].life == *life,
            _ => true,
        }
    }

    /// The colour of the commit that a pod runs.
    pub(crate) fn colour(&self, uid: &EcoString) -> Option<usize> {
        self.runs.get(uid)?.colour
    }
}

/// A kubelet watches the pods of its node.
pub(crate) fn observe(world: &mut World, change: &Change) {
    let pod = &change.new;
    if pod.key.kind != "Pod" || pod::node(pod).is_empty() {
        return;
    }
    let uid = &pod.meta.uid;
    if change.kind == ChangeKind::Deleted {
        world.pods.runs.remove(uid);
        return;
    }
    let hop = world.settings.timings.watch;
    match world.pods.runs.get_mut(uid) {
        None if !pod::has_ended(pod) => {
            let colour = tints::of_pod(world, pod, "");
            let run = Run {
                colour,
                ..new_run(&mut world.pods.addresses, pod, world.now)
            };
            world.pods.runs.insert(uid.clone(), run);
            world.after(hop, Event::Pod(uid.clone(), PodEvent::SetUp));
        }
        Some(run) if pod.meta.deleted.is_some() && !run.stopping => {
            run.stopping = true;
            world.after(hop, Event::Pod(uid.clone(), PodEvent::Stop));
        }
        _ => {}
    }
}

fn new_run(addresses: &mut u32, pod: &Object, now: Millis) -> Run {
    *addresses += 1;
    let ip = eco_format!("10.244.{}.{}", *addresses / 250, *addresses % 250 + 2);
    let containers = pod::containers(pod).iter().map(|spec| Container {
        name: spec.get("name").to_text(),
        image: spec.get("image").to_text(),
        digest: EcoString::new(),
        app: None,
        state: State::Waiting {
            reason: "ContainerCreating".into(),
            message: EcoString::new(),
        },
        last: None,
        restarts: 0,
        back_off: 0,
        life: 0,
        listens: false,
        ready: false,
        started: false,
        probes: probes::Counts::default(),
    });
    Run {
        key: pod.key.clone(),
        node: pod::node(pod).into(),
        ip,
        since: now,
        sandbox: false,
        stopping: false,
        colour: None,
        containers: containers.collect(),
    }
}

/// A pod as it is being worked on: its run is written back when the work is done.
struct Work<'a> {
    world: &'a mut World,
    uid: &'a EcoString,
    pod: Rc<Object>,
    run: Run,
}

/// Something happens to a pod.
pub(crate) fn act(world: &mut World, uid: &EcoString, event: PodEvent) {
    let Some(run) = world.pods.runs.get(uid).cloned() else {
        return;
    };
    let Some(pod) = world
        .store
        .get(&run.key)
        .filter(|pod| pod.meta.uid == *uid)
        .cloned()
    else {
        return;
    };
    let mut work = Work {
        world,
        uid,
        pod,
        run,
    };
    work.on(event);
}

impl Work<'_> {
    fn on(&mut self, event: PodEvent) {
        match event {
            PodEvent::SetUp if !self.run.stopping => self.set_up(),
            PodEvent::Prepared if !self.run.stopping => self.prepared(),
            PodEvent::Pulled(at) if !self.run.stopping => self.pulled(at),
            PodEvent::PullAgain(at) if !self.run.stopping => self.need_image(at),
            PodEvent::Start(at) if !self.run.stopping => self.start(at),
            PodEvent::Listen(at, life) if self.is_alive(at, life) => self.listen(at),
            PodEvent::Probe(at, life, probe) if self.is_alive(at, life) => self.probe(at, probe),
            PodEvent::Stop => self.stop(),
            PodEvent::Terminate(at, life) if self.is_alive(at, life) => self.terminate(at),
            PodEvent::Exit(at, life, code, reason) if self.is_alive(at, life) => {
                self.exit(at, code, reason);
            }
            PodEvent::BackOff(at, life, wait) if self.run.containers[at].life == life => {
                self.back_off(at, wait);
            }
            PodEvent::Restart(at, life) if self.run.containers[at].life == life => self.restart(at),
            PodEvent::Remove => self.remove(),
            _ => {}
        }
    }

    fn is_alive(&self, at: usize, life: u32) -> bool {
        let container = &self.run.containers[at];
        container.life == life && matches!(container.state, State::Running { .. })
    }

    fn actor(&self) -> EcoString {
        eco_format!("kubelet, {}", self.run.node)
    }

    fn name(&self) -> &EcoString {
        &self.run.key.name
    }

    fn spec(&self, at: usize) -> &Value {
        &pod::containers(&self.pod)[at]
    }

    fn container(&mut self, at: usize) -> &mut Container {
        &mut self.run.containers.make_mut()[at]
    }

    fn after(&mut self, delay: Millis, event: PodEvent) {
        self.world.after(delay, Event::Pod(self.uid.clone(), event));
    }

    fn event(&mut self, note: Note) {
        let pod = self.pod.clone();
        self.world.event(&self.actor(), &pod, note);
    }

    /// Keeps the run, and tells the API server what it looks like now.
    fn publish(&mut self, note: Note) {
        self.keep();
        let value = status::of(&self.pod, &self.run, self.world.now);
        if value == self.pod.value {
            return;
        }
        let verb = kube::api::Verb::Update(value);
        let key = self.run.key.clone();
        // A refusal means that the pod is gone: there is nobody left to tell.
        if let Ok(pod) = self.world.request(&self.actor(), key, "status", verb, note) {
            self.pod = pod;
        }
    }

    fn keep(&mut self) {
        if let Some(run) = self.world.pods.runs.get_mut(self.uid) {
            *run = self.run.clone();
        }
    }

    fn set_up(&mut self) {
        let why = eco_format!(
            "{} sees {} and makes its sandbox.",
            self.run.node,
            self.name()
        );
        self.publish(Note::detail("patch", "ContainerCreating", why));
        let sandbox = self.world.settings.timings.sandbox;
        let more = self.world.random.below(sandbox / 2);
        self.after(sandbox + more, PodEvent::Prepared);
    }

    fn prepared(&mut self) {
        self.run.sandbox = true;
        self.keep();
        for at in 0..self.run.containers.len() {
            self.need_image(at);
        }
    }

    fn start(&mut self, at: usize) {
        let now = self.world.now;
        self.event(Note::detail("event", "Created", "Container created"));
        self.event(Note::detail("event", "Started", "Container started"));
        let (startup, ready) = (
            probes::has(self.spec(at), Probe::Startup),
            probes::has(self.spec(at), Probe::Readiness),
        );
        let container = self.container(at);
        container.state = State::Running { since: now };
        container.started = !startup;
        container.ready = !startup && !ready;
        container.probes = probes::Counts::default();
        let (life, name) = (container.life, container.name.clone());
        let app = container.app.clone();
        match missing(app.as_deref(), self.spec(at)) {
            Some(_) => self.after(CRASH, PodEvent::Exit(at, life, 1, "Error")),
            None => {
                let startup = app.map_or(0, |app| app.startup);
                self.after(startup, PodEvent::Listen(at, life));
            }
        }
        let why = eco_format!("Container {name} of {} runs.", self.name());
        self.publish(Note::detail("patch", "Running", why));
        self.begin_probes(at);
    }

    fn listen(&mut self, at: usize) {
        let Some(app) = self.run.containers[at].app.clone() else {
            return;
        };
        let limit = quantity::units_of(self.spec(at).at(&["resources", "limits", "memory"]));
        let life = self.run.containers[at].life;
        if limit > 0 && u64::try_from(limit).is_ok_and(|limit| app.memory.base > limit) {
            self.after(0, PodEvent::Exit(at, life, 137, "OOMKilled"));
            return;
        }
        self.container(at).listens = true;
        self.keep();
    }

    /// Stops all containers: preStop first, then SIGTERM, and SIGKILL when the grace period ends
    /// (Kubernetes docs, "Termination of Pods").
    fn stop(&mut self) {
        let grace = self
            .pod
            .value
            .at(&["metadata", "deletionGracePeriodSeconds"])
            .as_int();
        let grace = u64::try_from(grace.unwrap_or(0)).unwrap_or(0) * 1000;
        let mut running = 0;
        for at in 0..self.run.containers.len() {
            let State::Running { .. } = self.run.containers[at].state else {
                continue;
            };
            running += 1;
            let (name, life) = (
                self.run.containers[at].name.clone(),
                self.run.containers[at].life,
            );
            self.event(Note::detail(
                "event",
                "Killing",
                eco_format!("Stopping container {name}"),
            ));
            let sleep = pre_stop(self.spec(at)).min(grace);
            self.after(sleep, PodEvent::Terminate(at, life));
            self.after(grace, PodEvent::Exit(at, life, 137, "Error"));
        }
        if running == 0 {
            self.after(self.world.settings.timings.container, PodEvent::Remove);
        } else {
            let why = eco_format!(
                "{} stops on {}: it takes no new work, finishes what it has begun, and has {} s for it.",
                self.name(),
                self.run.node,
                grace / 1000
            );
            let key = Some(self.run.key.clone());
            self.world
                .note(&self.actor(), key, Note::story("stop", "Killing", why));
        }
        self.keep();
    }

    fn terminate(&mut self, at: usize) {
        let life = self.run.containers[at].life;
        let how = self.run.containers[at]
            .app
            .as_ref()
            .map_or(OnSigterm::Exit, |app| app.on_sigterm);
        match how {
            OnSigterm::Drain(time) => self.after(time, PodEvent::Exit(at, life, 0, "Completed")),
            OnSigterm::Exit => self.after(0, PodEvent::Exit(at, life, 143, "Error")),
            OnSigterm::Ignore => return,
        }
        self.container(at).listens = false;
        self.keep();
    }

    fn exit(&mut self, at: usize, code: i64, reason: &'static str) {
        let now = self.world.now;
        let timings = self.world.settings.timings.clone();
        let stopping = self.run.stopping;
        let container = self.container(at);
        let State::Running { since } = container.state else {
            return;
        };
        let ended = Ended {
            code,
            reason,
            since,
            at: now,
        };
        let before = container.last.replace(ended.clone());
        container.state = State::Ended(ended);
        (container.listens, container.ready, container.started) = (false, false, false);
        container.life += 1;
        let (life, name) = (container.life, container.name.clone());
        if stopping {
            self.ended(at);
            return;
        }
        let container = self.container(at);
        if now - since >= timings.back_off_reset {
            container.back_off = 0;
        }
        // The first time it is started again at once; from then on it waits, each time twice as long.
        let wait = container.back_off;
        container.back_off = match wait {
            0 => timings.back_off,
            wait => (2 * wait).min(timings.back_off_max),
        };
        let why = match (
            reason,
            missing(container.app.clone().as_deref(), self.spec(at)),
        ) {
            ("OOMKilled", _) => eco_format!(
                "Container {name} of {} needs more memory than its limit allows: the kernel kills it.",
                self.name()
            ),
            (_, Some(variable)) => eco_format!(
                "Container {name} of {} ends with exit code {code}: {variable} is not set.",
                self.name()
            ),
            _ => eco_format!(
                "Container {name} of {} ends with exit code {code}.",
                self.name()
            ),
        };
        self.publish(Note::warning("patch", reason, why));
        if before.is_some() {
            self.after(SYNC.min(wait), PodEvent::BackOff(at, life, wait));
        }
        self.after(wait, PodEvent::Restart(at, life));
    }

    fn back_off(&mut self, at: usize, wait: Millis) {
        if self.run.stopping {
            return;
        }
        let name = self.run.containers[at].name.clone();
        let pod = eco_format!("{}_{}({})", self.name(), self.run.key.namespace, self.uid);
        let failed = eco_format!("Back-off restarting failed container {name} in pod {pod}");
        self.event(Note::warning("event", "BackOff", failed));
        if wait > 0 {
            let wait = wait / 1000;
            let message =
                eco_format!("back-off {wait}s restarting failed container={name} pod={pod}");
            self.container(at).state = State::Waiting {
                reason: "CrashLoopBackOff".into(),
                message,
            };
            let why = eco_format!("{name} of {} is started again in {wait} s.", self.name());
            self.publish(Note::warning("patch", "CrashLoopBackOff", why));
        }
    }

    /// A container of a stopping pod has ended. The last one takes the pod with it.
    fn ended(&mut self, at: usize) {
        let all = self
            .run
            .containers
            .iter()
            .all(|one| !matches!(one.state, State::Running { .. }));
        let name = self.run.containers[at].name.clone();
        let why = eco_format!("Container {name} of {} has stopped.", self.name());
        self.publish(Note::detail("patch", "Completed", why));
        if all {
            self.after(self.world.settings.timings.container, PodEvent::Remove);
        }
    }

    fn restart(&mut self, at: usize) {
        if self.run.stopping {
            return;
        }
        let container = self.container(at);
        container.restarts += 1;
        self.need_image(at);
    }

    fn remove(&mut self) {
        let why = eco_format!("Nothing of {} runs any more, so it is gone.", self.name());
        let key = self.run.key.clone();
        self.world
            .remove_pod(&self.actor(), key, Note::detail("delete", "Removed", why));
    }
}

/// How long after the end of a container the kubelet comes around to say that it waits.
const SYNC: Millis = 1000;

/// How long a process lives that finds its environment incomplete.
const CRASH: Millis = 300;

/// A variable that the application needs and its container does not have.
fn missing(app: Option<&App>, spec: &Value) -> Option<EcoString> {
    let env = spec.get("env").items();
    let is_set = |name: &EcoString| {
        env.iter().any(|have| {
            let (literal, source) = (have.get("value"), have.get("valueFrom"));
            have.get("name").text() == name && (!literal.text().is_empty() || !source.is_null())
        })
    };
    // A whole map of variables may hold any name.
    if !spec.get("envFrom").items().is_empty() {
        return None;
    }
    app?.needs.env.iter().find(|name| !is_set(name)).cloned()
}

/// How long the preStop hook takes: `sleep`, or an exec of `sleep N`; other commands count as done
/// at once.
fn pre_stop(spec: &Value) -> Millis {
    let hook = spec.at(&["lifecycle", "preStop"]);
    let seconds = match hook.at(&["sleep", "seconds"]).as_int() {
        Some(seconds) => seconds,
        None => {
            let words = hook.at(&["exec", "command"]).items();
            let line: Vec<&str> = words
                .iter()
                .flat_map(|word| word.text().split_whitespace())
                .collect();
            let after = line
                .iter()
                .position(|word| *word == "sleep")
                .map(|at| at + 1);
            after.and_then(|at| line.get(at)?.parse().ok()).unwrap_or(0)
        }
    };
    u64::try_from(seconds).unwrap_or(0) * 1000
}
