//! Stopping containers: preStop, SIGTERM, the grace period, SIGKILL
//! (`pkg/kubelet/kuberuntime/kuberuntime_container.go`, `killContainer`; Kubernetes docs, "Termination
//! of Pods").

use super::pressure::{self, EVICTED};
use super::probes::Probe;
use super::programs::FOREVER;
use super::sync::Doing;
use super::{PodEvent, Role, Work};
use crate::cluster::network;
use crate::delivery::app::OnSigterm;
use crate::texts;
use crate::trace::Note;
use ecow::EcoString;
use kube::Millis;
use std::rc::Rc;

/// However short the grace period, a process has this long after SIGTERM
/// (`minimumGracePeriodInSeconds`).
pub(super) const GRACE_MIN: Millis = 2_000;

impl Work<'_> {
    /// How long a container has to stop: what the deletion says, or a probe that failed, or the pod;
    /// hardly any time if it goes for memory.
    pub(super) fn grace(&self, at: usize, probe: Option<Probe>) -> Millis {
        const FIELD: &str = "terminationGracePeriodSeconds";
        if self.run.doomed.as_ref().is_some_and(|it| it.0 == EVICTED) {
            return pressure::GRACE;
        }
        let metadata = self.pod.value.get("metadata");
        let deleted = metadata.get("deletionGracePeriodSeconds").as_int();
        let of_probe = probe.and_then(|probe| self.spec(at).get(probe.field()).get(FIELD).as_int());
        let seconds = deleted.or(of_probe).or(self.pod.spec().get(FIELD).as_int());
        u64::try_from(seconds.unwrap_or(30)).unwrap_or(0) * 1000
    }

    /// Begins to stop a container: its preStop hook comes first.
    pub(super) fn kill(&mut self, at: usize, message: EcoString, grace: Millis) {
        self.event_of(at, Note::detail("event", "Killing", message));
        self.pre_stop(at, grace);
    }

    fn pre_stop(&mut self, at: usize, grace: Millis) {
        let hook = self.spec(at).at(&["lifecycle", "preStop"]).clone();
        let (mut took, mut is_well) = (0, true);
        if !hook.is_null() && grace > 0 {
            let (time, failure) = self.run_hook(at, &hook, grace);
            (took, is_well) = (time.min(grace), failure.is_none());
        }
        let life = self.run.containers[at].life;
        self.after(took, PodEvent::Terminate(at, life, is_well));
        let rest = (grace - took).max(GRACE_MIN);
        self.after(took + rest, PodEvent::Exit(at, life, 137, "Error"));
    }

    /// SIGTERM.
    pub(super) fn terminate(&mut self, at: usize, is_well: bool) {
        if !is_well {
            self.event_of(
                at,
                Note::warning("event", "FailedPreStopHook", "PreStopHook failed"),
            );
        }
        self.advance();
        let (now, container) = (self.world.now, self.container(at));
        let life = container.life;
        container.signal = Some(now);
        if let Some(shell) = &mut container.shell {
            let shell = Rc::make_mut(shell);
            shell.terminate(now);
            let next = shell.next();
            if next != FOREVER {
                self.after(next.max(now) - now, PodEvent::Wake(at, life));
            }
            return;
        }
        let how = container
            .app
            .as_ref()
            .map_or(OnSigterm::Exit, |app| app.on_sigterm);
        match how {
            OnSigterm::Drain(time) => self.after(time, PodEvent::Exit(at, life, 0, "Completed")),
            OnSigterm::Exit => self.after(0, PodEvent::Exit(at, life, 143, "Error")),
            OnSigterm::Ignore => return,
        }
        network::drains(self.world, self.uid, at);
        self.container(at).listens = false;
    }

    /// Stops all containers at once, but sidecars only when those that they serve have stopped.
    pub(super) fn kill_pod(&mut self) {
        self.run.worker.doing = Doing::KillingPod;
        let running: Vec<usize> = (0..self.run.containers.len())
            .rev()
            .filter(|at| self.run.containers[*at].is_running())
            .collect();
        if let Some(first) = running.first() {
            let grace = self.grace(*first, None);
            let why = texts::nodes::stops(self.name(), &self.run.node, grace / 1000);
            let key = Some(self.run.key.clone());
            self.world
                .note(&self.actor(), key, Note::story("stop", "Killing", why));
        }
        for at in &running {
            let message = lean::joined(&["Stopping container ", &self.run.containers[*at].name]);
            self.event_of(*at, Note::detail("event", "Killing", message));
        }
        for at in running {
            if self.run.containers[at].role != Role::Sidecar {
                let grace = self.grace(at, None);
                self.pre_stop(at, grace);
            }
        }
        self.go_on_killing();
    }

    /// With the pod's other containers gone, its sidecars follow, the last first; then its sandbox.
    fn go_on_killing(&mut self) {
        let last = (0..self.run.containers.len())
            .rev()
            .find(|at| self.run.containers[*at].is_running());
        match last {
            None => {
                let time = self.world.settings.timings.container;
                self.wait_for(Doing::StoppingSandbox, time);
            }
            Some(at) if self.run.containers[at].role == Role::Sidecar => {
                let others = self.run.containers.iter();
                let waits = others
                    .into_iter()
                    .any(|one| one.is_running() && one.role != Role::Sidecar);
                if !waits {
                    let grace = self.grace(at, None);
                    self.pre_stop(at, grace);
                }
            }
            Some(_) => {}
        }
    }

    /// A container has stopped: whoever waited for it goes on.
    pub(super) fn stopped(&mut self, at: usize) {
        match self.run.worker.doing.clone() {
            Doing::Killing(waited) if waited == at => self.next(),
            Doing::Unhook(waited, message) if waited == at => {
                self.not_started(at, "PostStartHookError", message);
            }
            Doing::KillingPod => self.go_on_killing(),
            _ => {}
        }
    }
}
