//! Probes: how a kubelet asks a container whether it has started, is ready, and lives
//! (`pkg/kubelet/prober/worker.go`, `prober_manager.go`).
//!
//! Each probe of a container has a worker with its own ticks, which go on over the container's
//! restarts. A container that is seen to run and not to be ready is asked at once, and the ticks
//! begin anew.

use super::files::Disk;
use super::programs::FOREVER;
use super::{PodEvent, Role, State, Work, config};
use crate::texts;
use crate::trace::Note;
use crate::view::{ProbeStanding, Tone};
use ecow::{EcoString, eco_format};
use kube::{Millis, Value};

/// The three kinds of probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// Until it has succeeded, the others wait.
    Startup,
    /// Whether the pod gets traffic.
    Readiness,
    /// Whether the container is started anew.
    Liveness,
}

/// All kinds of probes.
pub(super) const ALL: [Probe; 3] = [Probe::Startup, Probe::Readiness, Probe::Liveness];

/// The workers of a container's probes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Workers([Worker; 3]);

/// The worker of one probe.
#[derive(Clone, Copy, Debug, Default)]
struct Worker {
    exists: bool,
    /// Which of its ticks count.
    ticket: u32,
    /// It has seen this life of the container.
    has_seen: bool,
    /// It said that the container must be restarted, and waits for that.
    is_on_hold: bool,
    /// What it heard last, and how often in a row.
    last: Option<bool>,
    in_a_row: i64,
    /// What counts: the last answer that came often enough.
    result: Option<bool>,
    /// It waits for an answer.
    is_busy: bool,
    queued: Queued,
}

/// What came while a worker was busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Queued {
    #[default]
    Nothing,
    Tick,
    /// Somebody wants an answer now.
    Trigger,
}

impl Workers {
    /// The workers of a kubelet that was started again: the ticks of those before are void.
    pub(super) fn anew(self) -> Workers {
        Workers(self.0.map(|before| Worker {
            ticket: before.ticket + 1,
            ..Worker::default()
        }))
    }

    /// What a probe has found, where there is one.
    pub(super) fn result(&self, probe: Probe) -> Option<bool> {
        self.0[probe as usize].result
    }

    /// Whether a probe has had the container restarted.
    pub(super) fn is_on_hold(&self, probe: Probe) -> bool {
        self.0[probe as usize].is_on_hold
    }

    /// Whether there is no such probe, or it has found the container well.
    pub(super) fn passes(&self, probe: Probe) -> bool {
        let worker = &self.0[probe as usize];
        !worker.exists || worker.result == Some(true)
    }

    /// How a probe stands for a viewer, and how often in a row its last answer came. Once it stands well
    /// nobody counts any more.
    pub(super) fn standing(&self, probe: Probe, is_started: bool) -> (ProbeStanding, i64) {
        let worker = &self.0[probe as usize];
        let standing = match (worker.last, worker.result) {
            _ if worker.is_on_hold => ProbeStanding::Failed,
            (None, _) if !is_started && probe != Probe::Startup => ProbeStanding::AwaitsStartup,
            (None, _) => ProbeStanding::Waiting,
            (Some(true), Some(true)) => ProbeStanding::Passed,
            (Some(true), _) => ProbeStanding::Passing,
            (Some(false), Some(false)) => ProbeStanding::Failed,
            (Some(false), _) => ProbeStanding::Failing,
        };
        (standing, worker.in_a_row)
    }

    pub(super) fn awaits(&self, probe: Probe, ticket: u32) -> bool {
        self.0[probe as usize].ticket == ticket
    }
}

impl Probe {
    pub(super) fn field(self) -> &'static str {
        match self {
            Probe::Startup => "startupProbe",
            Probe::Readiness => "readinessProbe",
            Probe::Liveness => "livenessProbe",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Probe::Startup => "Startup",
            Probe::Readiness => "Readiness",
            Probe::Liveness => "Liveness",
        }
    }
}

fn seconds(probe: &Value, field: &str, default: i64) -> Millis {
    let seconds = probe.get(field).as_int().unwrap_or(default);
    u64::try_from(seconds).unwrap_or(0) * 1000
}

/// An answer, and how long it took. An error says why the container is not well, in the words of the
/// prober.
type Answer = (Result<(), EcoString>, Millis);

impl Work<'_> {
    fn worker(&mut self, at: usize, probe: Probe) -> &mut Worker {
        &mut self.container(at).probes.0[probe as usize]
    }

    /// A probe's worker begins, before there is a container to ask.
    pub(super) fn begin_probe(&mut self, at: usize, probe: Probe) {
        self.worker(at, probe).exists = true;
        self.schedule(at, probe);
    }

    /// The ticks begin anew: the next is one period away.
    fn schedule(&mut self, at: usize, probe: Probe) {
        let period = seconds(self.spec(at).get(probe.field()), "periodSeconds", 10).max(1000);
        let worker = self.worker(at, probe);
        worker.ticket += 1;
        let ticket = worker.ticket;
        self.after(period, PodEvent::Probe(at, probe, ticket));
    }

    /// A container has started: what was found out about the one before is forgotten.
    pub(super) fn resume_probes(&mut self, at: usize) {
        for probe in ALL {
            let worker = self.worker(at, probe);
            if !worker.exists {
                continue;
            }
            let is_first = !worker.has_seen;
            *worker = Worker {
                exists: true,
                ticket: worker.ticket,
                ..Worker::default()
            };
            if !is_first {
                self.schedule(at, probe);
            }
        }
    }

    /// Ticks that had ended because nothing new was expected begin again.
    pub(super) fn probe_anew(&mut self, at: usize) {
        for probe in ALL {
            if self.worker(at, probe).exists {
                self.schedule(at, probe);
            }
        }
    }

    /// An answer is wanted now.
    pub(super) fn trigger(&mut self, at: usize, probe: Probe) {
        let worker = self.worker(at, probe);
        if worker.is_busy {
            worker.queued = Queued::Trigger;
        } else {
            worker.ticket += 1;
            let ticket = worker.ticket;
            self.after(0, PodEvent::Probe(at, probe, ticket));
        }
    }

    /// A worker's tick.
    pub(super) fn tick(&mut self, at: usize, probe: Probe, ticket: u32) {
        let worker = self.worker(at, probe);
        if worker.ticket != ticket {
            return;
        }
        if worker.is_busy {
            worker.queued = worker.queued.max_with(Queued::Tick);
            self.schedule(at, probe);
            return;
        }
        self.advance();
        if let Some(wait) = self.probe(at, probe) {
            let period = seconds(self.spec(at).get(probe.field()), "periodSeconds", 10).max(1000);
            let periods = wait.div_ceil(period).max(1);
            let worker = self.worker(at, probe);
            worker.ticket += 1;
            let ticket = worker.ticket;
            self.after(
                periods.saturating_mul(period),
                PodEvent::Probe(at, probe, ticket),
            );
        }
    }

    /// Asks, if it is time to (`doProbe`). Gives how long nothing new can be expected; nothing if
    /// there is no reason to ask again before something happens to the container.
    fn probe(&mut self, at: usize, probe: Probe) -> Option<Millis> {
        let now = self.world.now;
        let is_stopping = self.pod.meta.deleted.is_some() || self.run.orphan.is_some();
        let State::Running { since } = self.run.containers[at].state else {
            // The ticks go on until the first container is there, and are taken up with each new one.
            return (self.run.containers[at].state == State::Waiting).then_some(0);
        };
        if is_stopping && probe != Probe::Readiness {
            return None;
        }
        let worker = self.worker(at, probe);
        if worker.is_on_hold {
            return None;
        }
        if !worker.has_seen {
            worker.has_seen = true;
            worker.result = match probe {
                Probe::Startup => None,
                Probe::Readiness => Some(false),
                Probe::Liveness => Some(true),
            };
            if probe != Probe::Liveness {
                self.ask();
            }
        }
        let spec = self.spec(at).get(probe.field()).clone();
        let delay = seconds(&spec, "initialDelaySeconds", 0);
        if (now - since) / 1000 * 1000 < delay {
            return Some(0);
        }
        let is_started = self.run.containers[at].is_started();
        match (probe, is_started) {
            (Probe::Startup, true) => return None,
            (Probe::Readiness | Probe::Liveness, false) => return Some(0),
            _ => {}
        }
        let (answer, took) = self.question(at, &spec);
        if took > 0 {
            let life = self.run.containers[at].life;
            self.worker(at, probe).is_busy = true;
            self.after(took, PodEvent::Answer(at, life, probe, answer));
            return Some(0);
        }
        self.count(at, probe, answer);
        let worker = self.worker(at, probe);
        let is_steady = worker.result == Some(true) && worker.last == Some(true);
        let is_strained = self.world.network.is_strained(self.uid, at);
        if is_steady && !is_strained {
            self.quiet()
        } else {
            Some(0)
        }
    }

    /// How long the answers of the pod's containers cannot change; nothing if only something that
    /// happens to them can change them.
    fn quiet(&self) -> Option<Millis> {
        let shells = self
            .run
            .containers
            .iter()
            .filter_map(|one| one.shell.as_ref());
        let next = shells.map(|shell| shell.next()).min()?;
        let volumes = self.pod.spec().get("volumes").items();
        let may_follow = |volume: &Value| {
            ["configMap", "secret", "projected"]
                .iter()
                .any(|source| !volume.get(source).is_null())
        };
        if volumes.iter().any(may_follow) {
            return Some(0);
        }
        (next != FOREVER).then(|| next.saturating_sub(self.world.now))
    }

    /// A probe that took its time has its answer.
    pub(super) fn answered(&mut self, at: usize, probe: Probe, answer: Result<(), EcoString>) {
        let worker = self.worker(at, probe);
        worker.is_busy = false;
        let queued = std::mem::take(&mut worker.queued);
        self.count(at, probe, answer);
        if queued != Queued::Nothing {
            self.trigger(at, probe);
        }
    }

    /// Takes an answer into account.
    fn count(&mut self, at: usize, probe: Probe, answer: Result<(), EcoString>) {
        let spec = self.spec(at).get(probe.field()).clone();
        let is_well = answer.is_ok();
        let worker = self.worker(at, probe);
        worker.in_a_row = if worker.last == Some(is_well) {
            worker.in_a_row + 1
        } else {
            1
        };
        worker.last = Some(is_well);
        let (threshold, default) = if is_well {
            ("successThreshold", 1)
        } else {
            ("failureThreshold", 3)
        };
        let is_enough = worker.in_a_row >= spec.get(threshold).as_int().unwrap_or(default);
        let before = worker.result;
        if is_enough {
            worker.result = Some(is_well);
            if !is_well && probe != Probe::Readiness {
                worker.is_on_hold = true;
                worker.in_a_row = 0;
            }
        }
        if let Err(why) = answer {
            let message = eco_format!("{} probe failed: {why}", probe.word());
            let note = Note::warning("event", "Unhealthy", message);
            // While a container starts this is nothing to worry about.
            let container = &self.run.containers[at];
            let starts = container.app.is_some() && !container.listens;
            let is_harmless =
                !container.is_ready() && (!is_enough || (starts && probe == Probe::Readiness));
            let tone = if is_harmless { Tone::Detail } else { note.tone };
            self.event_of(at, Note { tone, ..note });
        }
        if is_enough && before != Some(is_well) {
            self.found(at, probe, is_well);
        }
    }

    /// A probe has found something new.
    fn found(&mut self, at: usize, probe: Probe, is_well: bool) {
        let (node, name) = (&self.run.node, self.name());
        let note = match (probe, is_well) {
            (Probe::Startup, true) => {
                Note::detail("patch", "Started", texts::nodes::has_started(name, node))
            }
            (Probe::Readiness, true) => {
                let why = texts::nodes::is_ready(name, node);
                Note::story("patch", "Ready", why)
            }
            (Probe::Readiness, false) => {
                Note::warning("patch", "NotReady", texts::nodes::is_not_ready(name))
            }
            _ => {
                self.ask();
                return;
            }
        };
        if self.run.containers[at].role == Role::Main || probe == Probe::Startup {
            self.run.worker.story(note);
        }
        self.report(false);
        self.ask();
    }

    /// Asks the container itself.
    fn question(&mut self, at: usize, probe: &Value) -> Answer {
        let timeout = seconds(probe, "timeoutSeconds", 1).max(1000);
        let (get, tcp, grpc) = (
            probe.get("httpGet"),
            probe.get("tcpSocket"),
            probe.get("grpc"),
        );
        let target = [get, tcp, grpc]
            .into_iter()
            .find(|target| !target.is_null());
        let Some(target) = target else {
            return self.run_probe(at, probe, timeout);
        };
        let port = self.port(at, target.get("port"));
        let address = eco_format!("{}:{port}", self.run.ip);
        let refused = eco_format!("dial tcp {address}: connect: connection refused");
        // Probes wait in the same queue as other requests.
        let is_late = self.world.network.queue(self.uid, at) >= timeout;
        if !grpc.is_null() {
            let late = eco_format!(
                "timeout: failed to connect service {address:?} within {}s: context deadline exceeded",
                timeout / 1000
            );
            return match self.serves(port, None) {
                Some(_) if !is_late => (Ok(()), 0),
                _ => (Err(late), timeout),
            };
        }
        if get.is_null() {
            return (self.serves(port, None).map(|_| ()).ok_or(refused), 0);
        }
        let path = get.get("path").text();
        let scheme = get.get("scheme").text().to_lowercase();
        let scheme = if scheme.is_empty() { "http" } else { &scheme };
        let url = eco_format!("{scheme}://{address}{path}");
        let served = self.serves(port, Some(path));
        match served.map(|served| if is_late { Served::Nothing } else { served }) {
            None => (Err(eco_format!("Get {url:?}: {refused}")), 0),
            Some(Served::Well) => (Ok(()), 0),
            Some(Served::Status(code)) => (
                Err(eco_format!("HTTP probe failed with statuscode: {code}")),
                0,
            ),
            Some(Served::Nothing) => {
                let late =
                    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
                (Err(eco_format!("Get {url:?}: {late}")), timeout)
            }
        }
    }

    /// A probe that runs a command in the container.
    fn run_probe(&mut self, at: usize, probe: &Value, timeout: Millis) -> Answer {
        let words = probe.at(&["exec", "command"]).items();
        let words: Vec<EcoString> = words.iter().map(Value::to_text).collect();
        let Some(first) = words.first() else {
            return (Ok(()), 0);
        };
        // A program of the application's own finds it as well as it is.
        let container = &self.run.containers[at];
        if container.app.is_some() && container.shell.is_none() && !super::programs::has(first) {
            let answer = if container.listens {
                Ok(())
            } else {
                Err(EcoString::new())
            };
            return (answer, 0);
        }
        match self.exec(at, &words, timeout) {
            Ok((_, 0, took)) => (Ok(()), took),
            Ok((output, _, took)) => (Err(output), took),
            Err(_) => {
                let line = words.join(" ");
                let why = eco_format!(
                    "command timed out: {line:?} timed out after {}s",
                    timeout / 1000
                );
                (Err(why), timeout)
            }
        }
    }

    /// What answers on a port of the pod; nothing if nothing listens there.
    fn serves(&mut self, port: i64, path: Option<&str>) -> Option<Served> {
        for at in 0..self.run.containers.len() {
            let container = &self.run.containers[at];
            if let Some(app) = container.app.as_ref().filter(|_| container.listens)
                && i64::from(app.port) == port
            {
                let health = &app.health;
                let is_well =
                    path.is_none_or(|path| path == health.liveness || path == health.readiness);
                return Some(if is_well {
                    Served::Well
                } else {
                    Served::Status(404)
                });
            }
            let servers = container.shell.as_ref().map(|shell| shell.servers.clone());
            let server = servers
                .into_iter()
                .flatten()
                .find(|server| server.port == port);
            let Some(server) = server else {
                continue;
            };
            let (name, mounts) = (container.name.clone(), config::mounts(self.spec(at)));
            let disk = Disk {
                files: &mut self.run.files,
                container: &name,
                mounts: &mounts,
            };
            return Some(match (path, server.root) {
                (None, _) => Served::Well,
                (_, None) => Served::Nothing,
                (Some(path), Some(root)) => match disk.page(&root, path) {
                    Some(_) => Served::Well,
                    None => Served::Status(404),
                },
            });
        }
        None
    }

    /// A probe's port, which may be the name of one of the container's.
    fn port(&self, at: usize, port: &Value) -> i64 {
        port.as_int().unwrap_or_else(|| {
            let ports = self.spec(at).get("ports").items();
            let named = ports.iter().find(|have| have.get("name") == port);
            named
                .and_then(|have| have.get("containerPort").as_int())
                .unwrap_or(0)
        })
    }
}

impl Queued {
    fn max_with(self, other: Queued) -> Queued {
        if self == Queued::Trigger { self } else { other }
    }
}

/// How a port answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    Well,
    /// With this HTTP status.
    Status(u16),
    /// It takes the connection and says nothing.
    Nothing,
}
