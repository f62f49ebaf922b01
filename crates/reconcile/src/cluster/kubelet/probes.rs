//! Probes: how a kubelet asks a container whether it has started, is ready, and lives
//! (`pkg/kubelet/prober/worker.go`).

use super::{PodEvent, State, Work};
use crate::delivery::app::OnSigterm;
use crate::trace::Note;
use crate::view::Tone;
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

/// How often each probe said the same in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    succeeded: [i64; 3],
    failed: [i64; 3],
}

impl Probe {
    fn field(self) -> &'static str {
        match self {
            Probe::Startup => "startupProbe",
            Probe::Readiness => "readinessProbe",
            Probe::Liveness => "livenessProbe",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Probe::Startup => "Startup",
            Probe::Readiness => "Readiness",
            Probe::Liveness => "Liveness",
        }
    }
}

/// Whether a container has such a probe.
pub(super) fn has(spec: &Value, probe: Probe) -> bool {
    !spec.get(probe.field()).is_null()
}

fn seconds(probe: &Value, field: &str) -> Millis {
    u64::try_from(probe.get(field).as_int().unwrap_or(0)).unwrap_or(0) * 1000
}

impl Work<'_> {
    /// Begins the probes of a container that has just started.
    pub(super) fn begin_probes(&mut self, at: usize) {
        if has(self.spec(at), Probe::Startup) {
            self.schedule(at, Probe::Startup, true);
        } else {
            self.schedule(at, Probe::Readiness, true);
            self.schedule(at, Probe::Liveness, true);
        }
    }

    /// The first time after the initial delay, then every period.
    fn schedule(&mut self, at: usize, probe: Probe, first: bool) {
        let spec = self.spec(at).get(probe.field());
        if spec.is_null() {
            return;
        }
        let delay = match first {
            true => seconds(spec, "initialDelaySeconds"),
            false => seconds(spec, "periodSeconds").max(1000),
        };
        let life = self.run.containers[at].life;
        self.after(delay, PodEvent::Probe(at, life, probe));
    }

    pub(super) fn probe(&mut self, at: usize, probe: Probe) {
        let spec = self.spec(at).get(probe.field()).clone();
        let outcome = self.ask(at, &spec);
        let (good, slot) = (outcome.is_ok(), probe as usize);
        let counts = &mut self.container(at).probes;
        if good {
            counts.succeeded[slot] += 1;
            counts.failed[slot] = 0;
        } else {
            counts.failed[slot] += 1;
            counts.succeeded[slot] = 0;
        }
        let counts = *counts;
        self.keep();
        let too_many = counts.failed[slot] >= spec.get("failureThreshold").as_int().unwrap_or(3);
        if let Err(why) = outcome {
            let message = eco_format!("{} probe failed: {why}", probe.word());
            let note = Note::warning("event", "Unhealthy", message);
            // While a container starts this is nothing to worry about.
            let harmless = !too_many && !self.run.containers[at].ready;
            let tone = if harmless { Tone::Detail } else { note.tone };
            self.event(Note { tone, ..note });
        }
        let enough = counts.succeeded[slot] >= spec.get("successThreshold").as_int().unwrap_or(1);
        if enough {
            self.succeeded(at, probe);
            return;
        }
        if too_many && !self.failed(at, probe) {
            return;
        }
        self.schedule(at, probe, false);
    }

    fn succeeded(&mut self, at: usize, probe: Probe) {
        let has_readiness = has(self.spec(at), Probe::Readiness);
        let node = self.run.node.clone();
        match probe {
            Probe::Startup => {
                let container = self.container(at);
                container.started = true;
                container.ready = !has_readiness;
                let why = eco_format!("{} has started on {node}.", self.name());
                self.publish(Note::detail("patch", "Started", why));
                self.schedule(at, Probe::Readiness, true);
                self.schedule(at, Probe::Liveness, true);
            }
            Probe::Readiness => {
                self.container(at).ready = true;
                let why = eco_format!(
                    "{} answers its readiness probe on {node}: it is ready, and traffic may come.",
                    self.name()
                );
                self.publish(Note::story("patch", "Ready", why));
            }
            Probe::Liveness => {}
        }
    }

    /// What follows when a probe failed too often. Returns whether it goes on.
    fn failed(&mut self, at: usize, probe: Probe) -> bool {
        let name = self.run.containers[at].name.clone();
        match probe {
            Probe::Readiness => {
                if self.run.containers[at].ready {
                    self.container(at).ready = false;
                    let why = eco_format!("{} is not ready any more.", self.name());
                    self.publish(Note::warning("patch", "NotReady", why));
                }
                true
            }
            Probe::Startup | Probe::Liveness => {
                let word = probe.word().to_lowercase();
                let message =
                    eco_format!("Container {name} failed {word} probe, will be restarted");
                self.event(Note::detail("event", "Killing", message));
                self.kill(at, &self.spec(at).get(probe.field()).clone());
                false
            }
        }
    }

    /// Stops one container of a pod that goes on: as its app answers SIGTERM, or at the end of the
    /// grace period.
    fn kill(&mut self, at: usize, probe: &Value) {
        let own = probe.get("terminationGracePeriodSeconds").as_int();
        let grace = own
            .or(self
                .pod
                .spec()
                .get("terminationGracePeriodSeconds")
                .as_int())
            .unwrap_or(30);
        let grace = u64::try_from(grace).unwrap_or(0) * 1000;
        let container = self.container(at);
        let (life, app) = (container.life, container.app.clone());
        let (after, code) = match app.map_or(OnSigterm::Exit, |app| app.on_sigterm) {
            OnSigterm::Drain(time) if time < grace => (time, 0),
            OnSigterm::Exit => (0, 143),
            _ => (grace, 137),
        };
        self.container(at).listens = false;
        self.keep();
        self.after(
            after,
            PodEvent::Exit(
                at,
                life,
                code,
                if code == 0 { "Completed" } else { "Error" },
            ),
        );
    }

    /// Asks the container itself. An error says why it is not well, in the words of the prober.
    fn ask(&self, at: usize, probe: &Value) -> Result<(), EcoString> {
        let container = &self.run.containers[at];
        let Some(app) = container.app.as_ref() else {
            return Ok(());
        };
        let (get, tcp) = (probe.get("httpGet"), probe.get("tcpSocket"));
        if get.is_null() && tcp.is_null() {
            // exec and grpc: as well as the process is.
            let runs = matches!(container.state, State::Running { .. });
            return if runs {
                Ok(())
            } else {
                Err("container is not running".into())
            };
        }
        let port = self.port(
            at,
            if get.is_null() {
                tcp.get("port")
            } else {
                get.get("port")
            },
        );
        let reachable = container.listens && port == i64::from(app.port);
        let refused = eco_format!(
            "dial tcp {}:{port}: connect: connection refused",
            self.run.ip
        );
        if get.is_null() {
            return if reachable { Ok(()) } else { Err(refused) };
        }
        let path = get.get("path").text();
        if !reachable {
            let scheme = get.get("scheme").text().to_lowercase();
            return Err(eco_format!(
                "Get \"{scheme}://{}:{port}{path}\": {refused}",
                self.run.ip
            ));
        }
        if path != app.health.liveness && path != app.health.readiness {
            return Err("HTTP probe failed with statuscode: 404".into());
        }
        Ok(())
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
