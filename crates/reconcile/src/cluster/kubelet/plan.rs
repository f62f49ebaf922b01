//! What is to be done about a pod: which containers are stopped and which are started, in which order
//! (`pkg/kubelet/kuberuntime/kuberuntime_manager.go`, `kuberuntime_container.go`).

use super::probes::Probe;
use super::{Role, State, Work};
use ecow::{EcoString, eco_format};
use kube::Millis;

/// What a worker is to do.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Mount,
    Sandbox,
    /// Stops a container, for this reason.
    Kill(usize, EcoString, Option<Probe>),
    KillPod,
    /// Starts a container, whose last life ended then.
    Start(usize, Option<Millis>),
}

impl Work<'_> {
    /// What is to be done now (`computePodActions`).
    pub(super) fn plan(&mut self) {
        let mut tasks = vec![Task::Mount];
        if !self.run.sandbox {
            tasks.push(Task::Sandbox);
        }
        let policy: EcoString = self.policy().into();
        let is_initialized = self.plan_init(&policy, &mut tasks);
        if is_initialized {
            self.plan_main(&policy, &mut tasks);
        }
        tasks.reverse();
        self.run.worker.tasks = tasks.into();
    }

    fn start_task(&self, at: usize) -> Task {
        Task::Start(at, self.run.containers[at].ended().map(|ended| ended.at))
    }

    /// What the probes of a container that runs demand: a message and the probe.
    pub(super) fn unwell(&self, at: usize) -> Option<(EcoString, Probe)> {
        let container = &self.run.containers[at];
        let kind = if container.role == Role::Main {
            "Container"
        } else {
            "Init container"
        };
        let probe = [Probe::Liveness, Probe::Startup]
            .into_iter()
            .find(|probe| {
                container.probes.result(*probe) == Some(false)
                    && container.probes.is_on_hold(*probe)
            })?;
        let word = probe.word().to_lowercase();
        let message = eco_format!("{kind} {} failed {word} probe", container.name);
        Some((message, probe))
    }

    /// Init containers, one after the other, and sidecars. Returns whether the others may start
    /// (`computeInitContainerActions`).
    fn plan_init(&mut self, policy: &str, tasks: &mut Vec<Task>) -> bool {
        let first = self
            .run
            .containers
            .iter()
            .filter(|one| one.role == Role::Main)
            .count();
        let was_initialized = self.run.containers[..first]
            .iter()
            .any(|one| !matches!(one.state, State::Waiting));
        for at in first..self.run.containers.len() {
            let container = &self.run.containers[at];
            let is_sidecar = container.role == Role::Sidecar;
            if was_initialized && !is_sidecar {
                continue;
            }
            match &container.state {
                State::Running { .. } if !is_sidecar => return false,
                State::Running { .. } => {
                    if let Some((message, probe)) = self.unwell(at) {
                        tasks.push(Task::Kill(at, message, Some(probe)));
                        tasks.push(self.start_task(at));
                    }
                    if !was_initialized && !self.run.containers[at].is_started() {
                        return false;
                    }
                }
                State::Ended(ended) if !is_sidecar && ended.code == 0 => {}
                State::Ended(_) if !is_sidecar && policy == "Never" => {
                    tasks.push(Task::KillPod);
                    return false;
                }
                State::Ended(_) | State::Waiting => {
                    tasks.push(self.start_task(at));
                    if !was_initialized {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn plan_main(&mut self, policy: &str, tasks: &mut Vec<Task>) {
        let (mut kept, mut started) = (0, 0);
        let before = tasks.len();
        let mut starts = Vec::new();
        for at in 0..self.run.containers.len() {
            let container = &self.run.containers[at];
            if container.role != Role::Main {
                continue;
            }
            if !container.is_running() {
                if container.is_restarted(policy) {
                    starts.push(self.start_task(at));
                    started += 1;
                }
                continue;
            }
            let image = self.spec(at).get("image");
            let (message, probe, is_restarted) = if *image != container.image.as_str().into() {
                let message = eco_format!("Container {} definition changed", container.name);
                // Waits belong to the definition that they were earned with.
                self.container(at).back_off = super::BackOff::default();
                (message, None, true)
            } else if let Some((message, probe)) = self.unwell(at) {
                (message, Some(probe), policy != "Never")
            } else {
                kept += 1;
                continue;
            };
            if is_restarted {
                starts.push(self.start_task(at));
                started += 1;
                tasks.push(Task::Kill(
                    at,
                    eco_format!("{message}, will be restarted"),
                    probe,
                ));
            } else {
                tasks.push(Task::Kill(at, message, probe));
            }
        }
        tasks.extend(starts);
        if kept + started == 0 {
            tasks.truncate(before);
            tasks.retain(|task| !matches!(task, Task::Start(..) | Task::Sandbox));
            tasks.push(Task::KillPod);
        }
    }
}
