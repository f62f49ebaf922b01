//! A pod's worker: it looks at the pod when there is a reason to, says what it sees, and plans what
//! to do (`pkg/kubelet/pod_workers.go`, `kubelet.go`, `kuberuntime/kuberuntime_manager.go`).
//!
//! It works on one thing at a time. A reason that comes meanwhile waits, however many they are, and
//! then until the container runtime was asked again, which happens every second and after work that
//! went well.

use super::plan::Task;
use super::probes::{self, Probe};
use super::stop::Turn;
use super::{Container, PodEvent, Role, State, Work, config, status};
use crate::delivery::plan::reading;
use crate::engine::{Event, World};
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, EcoVec, eco_format};
use kube::api::Answer;
use kube::{Change, ChangeKind, Millis, Object};
use std::rc::Rc;

/// How often the container runtime is asked what has changed (`kubelet.go`, `genericPlegRelistPeriod`),
/// and how often the kubelet looks which of its timers are over.
const TICK: Millis = 1_000;
/// `backOffPeriod`: after a failure that brings no wait of its own, and half as much again drawn.
const RETRY: Millis = 10_000;
/// The first wait before a volume that could not be mounted is tried again, doubling
/// (`pkg/util/goroutinemap/exponentialbackoff`).
const MOUNT_AGAIN: Millis = 500;
/// The longest such wait.
const MOUNT_AGAIN_MAX: Millis = 122_000;

/// Where a pod is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// What should run is started.
    #[default]
    Syncing,
    /// What runs is stopped.
    Terminating,
    /// Nothing runs any more.
    Terminated,
    /// The worker has ended.
    Finished,
}

/// What a worker waits for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Doing {
    #[default]
    Nothing,
    Mounting,
    Sandbox,
    Pulling(usize),
    Creating(usize),
    /// A postStart hook, with how it ended.
    Hook(usize, Option<EcoString>),
    /// A container is stopped because its hook failed, with this message.
    Unhook(usize, EcoString),
    Killing(usize),
    /// All containers are stopped; these sidecars wait for their turn.
    KillingPod(EcoVec<Turn>),
    StoppingSandbox,
}

/// A pod's worker.
#[derive(Clone, Debug, Default)]
pub(super) struct Worker {
    phase: Phase,
    /// What is left to do, the next last.
    pub(super) tasks: EcoVec<Task>,
    pub(super) doing: Doing,
    ticket: u32,
    is_busy: bool,
    /// Whether it has started something in this round.
    has_acted: bool,
    /// It failed in this round; and when the wait that it met is over.
    failed: Option<Option<Millis>>,
    /// When it looks next, and no earlier look will.
    due: Option<Millis>,
    /// From when on the runtime's answer is newer than its last round.
    fresh: Millis,
    synced: Millis,
    /// Reasons to look that wait.
    asks: u8,
    /// What has changed since the runtime was last asked.
    changes: u8,
    /// When the runtime is asked, or was, after the first of them.
    change_tick: Millis,
    is_mounted: bool,
    mount_wait: Millis,
    is_probed: bool,
    /// What the next status is about.
    story: Option<Note>,
}

impl Worker {
    pub(super) fn wake_at(&mut self, t: Millis) {
        self.due = Some(t);
    }

    /// The worker of a kubelet that was started again: what the one before waited for is void.
    pub(super) fn anew(&self) -> Worker {
        Worker {
            ticket: self.ticket + 1,
            ..Worker::default()
        }
    }

    pub(super) fn awaits(&self, ticket: u32) -> bool {
        self.is_busy && self.ticket == ticket
    }

    pub(super) fn is_due(&self) -> bool {
        self.due.is_some()
    }

    /// Whether a deletion is news to it.
    pub(super) fn stops(&self) -> bool {
        self.phase == Phase::Syncing
    }

    /// The kubelet reaches the API server again: what it said last may have been lost.
    pub(super) fn repeat(&mut self) {
        if self.phase == Phase::Finished {
            self.phase = Phase::Terminated;
        }
    }

    /// Whether nothing is left of its pod.
    pub(super) fn is_finished(&self) -> bool {
        self.phase == Phase::Finished
    }

    pub(super) fn story(&mut self, note: Note) {
        self.story = Some(note);
    }
}

/// A ConfigMap or Secret has changed: pods that mount it see it when they are next looked at. Those that
/// read it as they started do not, and nobody restarts them, which is said once.
pub(super) fn config_changed(world: &mut World, change: &Change) {
    let key = &change.new.key;
    let differs = |old: &Rc<Object>| {
        let fields = ["data", "binaryData", "stringData"];
        fields
            .iter()
            .any(|field| old.value.get(field) != change.new.value.get(field))
    };
    let is_new_data =
        change.kind != ChangeKind::Deleted && change.old.as_ref().is_some_and(differs);
    let mut users: Vec<(EcoString, Millis)> = Vec::new();
    let (mut kept, mut is_env) = (0, false);
    let runs = world.pods.runs.iter();
    for (uid, run) in runs.filter(|(_, run)| run.key.namespace == key.namespace) {
        let Some(pod) = world.store.get(&run.key) else {
            continue;
        };
        if config::mounts_from(pod, key) {
            users.push((uid.clone(), run.worker.synced));
        }
        if is_new_data && run.containers.iter().any(Container::is_running) {
            let reading = reading(pod.spec(), &key.kind, &key.name, None);
            kept += usize::from(reading.is_stale());
            is_env |= reading.env;
        }
    }
    if 0 < kept {
        let why = texts::nodes::keep_what_they_read(kept, &key.kind, &key.name, is_env);
        world.note(
            "kubelet",
            Some(key.clone()),
            Note::nothing("NotRestarted", why),
        );
    }
    let pod_sync = world.settings.timings.pod_sync;
    for (uid, mut at) in users {
        while at <= world.now {
            at += pod_sync + world.random.below(pod_sync / 2);
        }
        let delay = at - world.now;
        let Some(run) = world.pods.runs.get_mut(&uid) else {
            continue;
        };
        if run.worker.due.is_none_or(|due| at < due) {
            run.worker.due = Some(at);
            world.after(delay, Event::Pod(uid, PodEvent::Sync));
        }
    }
}

impl Work<'_> {
    /// The next moment after `t` when this node's kubelet asks the runtime.
    fn tick_after(&self, t: Millis) -> Millis {
        let bytes = self.run.node.bytes();
        let phase = bytes.fold(0, |sum, byte| (sum * 31 + u64::from(byte)) % TICK);
        (t + TICK - phase) / TICK * TICK + phase
    }

    fn wake(&mut self, at: Millis) {
        let now = self.world.now;
        if self.run.worker.due.is_some_and(|due| due <= at) {
            return;
        }
        self.run.worker.due = Some(at);
        self.after(at - now, PodEvent::Sync);
    }

    /// There is a reason to look at the pod.
    pub(super) fn ask(&mut self) {
        let worker = &mut self.run.worker;
        if worker.is_busy {
            worker.asks = 1;
            return;
        }
        worker.asks = (worker.asks + 1).min(2);
        let at = self.world.now.max(worker.fresh);
        self.wake(at);
    }

    /// The runtime has something new to tell when it is next asked.
    pub(super) fn note_change(&mut self) {
        let tick = self.tick_after(self.world.now);
        let worker = &mut self.run.worker;
        if worker.change_tick != tick {
            // What was told while the worker was busy is one reason to look again.
            worker.asks = worker.asks.max(u8::from(worker.changes > 0));
            (worker.changes, worker.change_tick) = (0, tick);
        }
        worker.changes = worker.changes.saturating_add(1);
        if !worker.is_busy {
            self.after(tick - self.world.now, PodEvent::Relist);
        }
    }

    /// The runtime tells what has changed, and the kubelet sees whose time is over.
    pub(super) fn relist(&mut self) {
        let is_late = self.run.doomed.is_none() && self.is_too_late();
        let worker = &mut self.run.worker;
        let changes = if worker.is_busy {
            0
        } else {
            std::mem::take(&mut worker.changes)
        };
        for _ in 0..changes.max(u8::from(is_late)).min(2) {
            self.ask();
        }
    }

    pub(super) fn look(&mut self) {
        let worker = &mut self.run.worker;
        if worker.due != Some(self.world.now) {
            return;
        }
        worker.due = None;
        if worker.is_busy {
            // What reached it from outside waits like any other reason.
            worker.asks = 1;
            return;
        }
        worker.asks = worker.asks.saturating_sub(1);
        (worker.failed, worker.has_acted) = (None, false);
        self.advance();
        match self.run.worker.phase {
            Phase::Syncing => self.sync(),
            Phase::Terminating => self.stop_all(),
            Phase::Terminated => self.end(),
            Phase::Finished => {}
        }
    }

    /// Says what is seen of the pod. Returns whether it has ended.
    pub(super) fn report(&mut self, is_terminal: bool) -> bool {
        self.check_deadline();
        if self.run.orphan.is_some() {
            return false;
        }
        let (value, phase) = status::of(&self.pod, &self.run, self.world.now, is_terminal);
        let story = self.run.worker.story.take();
        if let Some(value) = value {
            let note = story.unwrap_or_else(|| {
                let why = texts::nodes::says_how_it_is(&self.run.node, self.name());
                Note::detail("patch", "Status", why)
            });
            self.keep();
            let verb = kube::api::Verb::Update(value);
            let key = self.run.key.clone();
            // A refusal means that the pod is gone: there is nobody left to tell.
            let done = self.world.request(&self.actor(), key, "status", verb, note);
            if let Ok(Answer::Object(pod)) = done {
                self.pod = pod;
            }
        }
        for at in 0..self.run.containers.len() {
            let container = &self.run.containers[at];
            if container.is_running() && container.is_started() && !container.is_ready() {
                self.trigger(at, Probe::Readiness);
            }
        }
        status::is_terminal(phase)
    }

    /// `activeDeadlineSeconds` (`pkg/kubelet/active_deadline.go`).
    fn check_deadline(&mut self) {
        const MESSAGE: &str = "Pod was active on the node longer than the specified deadline";
        if !self.is_too_late() {
            return;
        }
        self.run.doomed = Some(("DeadlineExceeded", MESSAGE.into()));
        self.event(Note::detail("event", "DeadlineExceeded", MESSAGE));
    }

    fn is_too_late(&self) -> bool {
        self.deadline()
            .is_some_and(|deadline| deadline <= self.world.now)
    }

    fn deadline(&self) -> Option<Millis> {
        let seconds = self.pod.spec().get("activeDeadlineSeconds").as_int()?;
        Some(self.run.since + u64::try_from(seconds).ok()? * 1000)
    }

    fn sync(&mut self) {
        let is_first = !self.run.worker.is_probed;
        if is_first {
            let why = texts::nodes::makes_its_sandbox(&self.run.node, self.name());
            self.run
                .worker
                .story(Note::detail("patch", "ContainerCreating", why));
        }
        if self.report(false) {
            self.run.worker.phase = Phase::Terminating;
            self.finish();
            self.ask();
            return;
        }
        if is_first && let Some(deadline) = self.deadline() {
            let at = self.tick_after(deadline);
            self.after(at - self.world.now, PodEvent::Relist);
        }
        self.run.worker.is_probed = true;
        self.plan();
        if is_first {
            self.begin_probes();
        }
        self.run.worker.is_busy = true;
        self.next();
    }

    /// Goes on with the next task, or ends the round.
    pub(super) fn next(&mut self) {
        self.run.worker.doing = Doing::Nothing;
        match self.run.worker.tasks.pop() {
            None => self.finish(),
            Some(Task::Mount) => self.mount(),
            Some(Task::Sandbox) => {
                let sandbox = self.world.settings.timings.sandbox;
                let more = self.world.random.below(sandbox / 2);
                self.wait_for(Doing::Sandbox, sandbox + more);
            }
            Some(Task::Kill(at, message, probe)) => {
                self.run.worker.doing = Doing::Killing(at);
                let grace = self.grace(at, probe);
                self.kill(at, message, grace);
            }
            Some(Task::KillPod) => self.kill_pod(),
            Some(Task::Start(at, ended)) => self.start(at, ended),
        }
    }

    pub(super) fn wait_for(&mut self, doing: Doing, time: Millis) {
        let worker = &mut self.run.worker;
        worker.doing = doing;
        worker.ticket += 1;
        let ticket = worker.ticket;
        self.after(time, PodEvent::Step(ticket));
    }

    /// What it waited for is done.
    pub(super) fn step(&mut self) {
        match std::mem::take(&mut self.run.worker.doing) {
            Doing::Mounting => self.mount(),
            Doing::Sandbox => {
                self.run.sandbox = true;
                self.note_change();
                self.report(false);
                self.next();
            }
            Doing::Pulling(at) => self.pulled(at),
            Doing::Creating(at) => self.created(at),
            Doing::Hook(at, failure) => self.hooked(at, failure),
            Doing::StoppingSandbox => {
                self.run.sandbox = false;
                if self.run.worker.phase == Phase::Syncing {
                    self.next();
                    return;
                }
                self.report(true);
                self.run.worker.phase = Phase::Terminated;
                self.finish();
                self.ask();
            }
            _ => {}
        }
    }

    fn mount(&mut self) {
        let failure = config::mount(&self.world.store, &self.pod, &mut self.run.files).err();
        let worker = &mut self.run.worker;
        match failure.filter(|_| !worker.is_mounted) {
            None => {
                worker.is_mounted = true;
                self.next();
            }
            Some((volume, why)) => {
                worker.mount_wait = match worker.mount_wait {
                    0 => MOUNT_AGAIN,
                    wait => (2 * wait).min(MOUNT_AGAIN_MAX),
                };
                let wait = worker.mount_wait;
                let message = eco_format!("MountVolume.SetUp failed for volume {volume:?} : {why}");
                self.event(Note::warning("event", "FailedMount", message));
                self.wait_for(Doing::Mounting, wait);
            }
        }
    }

    /// A container could not be started.
    pub(super) fn not_started(&mut self, at: usize, reason: &'static str, message: EcoString) {
        let why = texts::nodes::cannot_start(self.name(), &message);
        self.run.worker.story(Note::warning("patch", reason, why));
        let container = self.container(at);
        container.reason = Some((reason, message));
        let is_init = container.role == Role::Init;
        self.run.worker.failed.get_or_insert(None);
        if is_init {
            self.run.worker.tasks.clear();
        }
        self.next();
    }

    /// A container waits before it is started again: the round ends with the time when it is over.
    pub(super) fn waits_until(&mut self, over: Millis) {
        let failed = &mut self.run.worker.failed;
        let earlier = failed.flatten().map_or(over, |before| before.min(over));
        *failed = Some(Some(earlier));
    }

    pub(super) fn has_started_something(&mut self) {
        self.run.worker.has_acted = true;
    }

    /// The round is over (`completeWork`).
    fn finish(&mut self) {
        let now = self.world.now;
        let next_tick = self.tick_after(now);
        let worker = &mut self.run.worker;
        worker.is_busy = false;
        worker.doing = Doing::Nothing;
        worker.synced = now;
        let failed = worker.failed;
        let is_well = failed.is_none() && worker.has_acted;
        worker.fresh = if is_well { now } else { next_tick };
        if let Some(over) = failed {
            let most = self.world.settings.timings.pod_sync;
            let wait = over.map_or(RETRY, |over| over.saturating_sub(now).min(most));
            let wait = wait + self.world.random.below(wait / 2 + 1);
            let at = self.tick_after(now + wait.saturating_sub(1));
            self.wake(at);
        }
        if is_well {
            self.relist();
        } else if self.run.worker.changes > 0 {
            let worker = &mut self.run.worker;
            if worker.change_tick <= now {
                worker.changes = 0;
                worker.asks = 1;
            } else {
                let delay = worker.change_tick - now;
                self.after(delay, PodEvent::Relist);
            }
        }
        if !is_well && self.run.worker.asks > 0 {
            if self.is_settled() {
                self.run.worker.asks = 0;
            } else {
                let at = now.max(self.run.worker.fresh);
                self.wake(at);
            }
        }
    }

    /// Whether a look would find nothing to do or to say.
    fn is_settled(&self) -> bool {
        let runs = |one: &Container| one.is_running() && one.is_started() && one.is_ready();
        let is_done = |one: &Container| match one.role {
            Role::Init => matches!(&one.state, State::Ended(ended) if ended.code == 0),
            _ => runs(one),
        };
        self.run.worker.phase == Phase::Syncing
            && self.run.doomed.is_none()
            && self.pod.meta.deleted.is_none()
            && self.run.containers.iter().all(is_done)
            && (0..self.run.containers.len()).all(|at| self.unwell(at).is_none())
    }

    /// The pod was deleted: what is being done is given up.
    pub(super) fn stop(&mut self) {
        let now = self.world.now;
        let fresh = self.tick_after(now);
        let worker = &mut self.run.worker;
        if worker.phase != Phase::Syncing {
            return;
        }
        if worker.is_busy {
            worker.fresh = fresh;
            worker.ticket += 1;
        }
        (worker.is_busy, worker.phase) = (false, Phase::Terminating);
        worker.tasks.clear();
        worker.doing = Doing::Nothing;
        worker.due = None;
        self.ask();
    }

    fn stop_all(&mut self) {
        self.run.worker.is_busy = true;
        self.report(false);
        self.kill_pod();
    }

    /// Nothing runs any more: the last that is said of the pod, and, if it was deleted, its end.
    fn end(&mut self) {
        self.run.worker.phase = Phase::Finished;
        if self.run.orphan.is_some() {
            self.world.pods.runs.remove(self.uid);
            return;
        }
        self.give_up_waiting();
        self.report(true);
        if self.pod.meta.deleted.is_some() {
            let why = texts::nodes::is_gone(self.name());
            let key = self.run.key.clone();
            let note = Note::detail("delete", "Removed", why);
            self.world.remove_pod(&self.actor(), key, note);
        }
    }

    /// What a container is when its pod ends before it was ever started
    /// (`pkg/kubelet/status/status_manager.go`, `TerminatePod`).
    fn give_up_waiting(&mut self) {
        let now = self.world.now;
        for container in self.run.containers.make_mut() {
            if container.state == State::Waiting {
                container.reason = None;
                container.state = State::Ended(super::Ended {
                    code: 137,
                    reason: "ContainerStatusUnknown",
                    message: "The container could not be located when the pod was terminated"
                        .into(),
                    since: now,
                    at: now,
                });
            }
        }
    }
}

impl Container {
    /// What the kubelet takes it for: without a startup probe, it has started when it runs.
    pub(super) fn is_started(&self) -> bool {
        self.is_running() && self.probes.passes(Probe::Startup)
    }

    pub(super) fn is_ready(&self) -> bool {
        match (&self.state, self.role) {
            (State::Ended(ended), Role::Init) => ended.code == 0,
            (_, Role::Init) => false,
            _ => self.is_started() && self.probes.passes(Probe::Readiness),
        }
    }
}

impl Work<'_> {
    /// The workers of all probes begin.
    fn begin_probes(&mut self) {
        for at in 0..self.run.containers.len() {
            for probe in probes::ALL {
                if !self.spec(at).get(probe.field()).is_null() {
                    self.begin_probe(at, probe);
                }
            }
        }
    }
}
