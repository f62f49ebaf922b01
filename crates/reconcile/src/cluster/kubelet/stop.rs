//! Stopping containers: preStop, SIGTERM, the grace period, SIGKILL
//! (`pkg/kubelet/kuberuntime/kuberuntime_container.go`, `killContainer`; Kubernetes docs, "Termination
//! of Pods").

use super::pressure::{self, EVICTED};
use super::probes::Probe;
use super::programs::FOREVER;
use super::sync::Doing;
use super::{Container, PodEvent, Role, Work};
use crate::cluster::network;
use crate::delivery::app::OnSigterm;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, EcoVec};
use kube::Millis;
use std::rc::Rc;

/// However short the grace period, a process has this long after SIGTERM
/// (`minimumGracePeriodInSeconds`).
pub(super) const GRACE_MIN: Millis = 2_000;

/// A sidecar that is to stop when those that it serves have (`kuberuntime_termination_order.go`).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Turn {
    /// Its place in the [`super::Run`].
    at: usize,
    /// When its preStop hook has ended, well or not.
    hooked: (Millis, bool),
    /// When its grace period is over: then it waits no longer.
    end: Millis,
}

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
        let (took, is_well) = self.run_pre_stop(at, grace);
        self.terminate_after(at, took, is_well, grace - took);
    }

    /// How long a container's preStop hook takes of its grace period, and whether it ends well.
    fn run_pre_stop(&mut self, at: usize, grace: Millis) -> (Millis, bool) {
        let hook = self.spec(at).at(&["lifecycle", "preStop"]).clone();
        if hook.is_null() || grace == 0 {
            return (0, true);
        }
        let (time, failure) = self.run_hook(at, &hook, grace);
        (time.min(grace), failure.is_none())
    }

    /// SIGTERM after a while, and SIGKILL when what is left of the grace period is over then.
    fn terminate_after(&mut self, at: usize, wait: Millis, is_well: bool, rest: Millis) {
        let life = self.run.containers[at].life;
        self.after(wait, PodEvent::Terminate(at, life, is_well));
        let rest = rest.max(GRACE_MIN);
        self.after(wait + rest, PodEvent::Exit(at, life, 137, "Error"));
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

    /// Stops all containers at once, but sidecars only when those that they serve have stopped, or when
    /// their own time is over.
    pub(super) fn kill_pod(&mut self) {
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
        let now = self.world.now;
        let mut turns = EcoVec::new();
        for at in running {
            let grace = self.grace(at, None);
            if self.run.containers[at].role == Role::Sidecar {
                let (took, is_well) = self.run_pre_stop(at, grace);
                let (hooked, end) = ((now + took, is_well), now + grace);
                turns.push(Turn { at, hooked, end });
                self.after(grace, PodEvent::Turn);
            } else {
                self.pre_stop(at, grace);
            }
        }
        self.run.worker.doing = Doing::KillingPod(turns);
        self.go_on_killing();
    }

    /// With the pod's other containers gone, its sidecars follow, the last first; then its sandbox.
    pub(super) fn go_on_killing(&mut self) {
        let Doing::KillingPod(mut turns) = self.run.worker.doing.clone() else {
            return;
        };
        let runs = |one: &Container| one.is_running();
        if !self.run.containers.iter().any(runs) {
            let time = self.world.settings.timings.container;
            self.wait_for(Doing::StoppingSandbox, time);
            return;
        }
        turns.retain(|turn| runs(&self.run.containers[turn.at]));
        let now = self.world.now;
        let waits = |at: usize| turns.iter().any(|turn| turn.at == at);
        let running = self.run.containers.iter().enumerate();
        let mut later = { running }.any(|(at, one)| runs(one) && !waits(at));
        // The last one comes first.
        turns.retain(|turn| {
            let is_due = !later || turn.end <= now;
            if is_due {
                let (hooked, is_well) = turn.hooked;
                let wait = hooked.saturating_sub(now);
                self.terminate_after(turn.at, wait, is_well, turn.end.saturating_sub(now + wait));
            }
            later = true;
            !is_due
        });
        self.run.worker.doing = Doing::KillingPod(turns);
    }

    /// A container has stopped: whoever waited for it goes on.
    pub(super) fn stopped(&mut self, at: usize) {
        match self.run.worker.doing.clone() {
            Doing::Killing(waited) if waited == at => self.next(),
            Doing::Unhook(waited, message) if waited == at => {
                self.not_started(at, "PostStartHookError", message);
            }
            Doing::KillingPod(_) => self.go_on_killing(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use crate::engine::{Settings, World};
    use crate::trace::Note;
    use kube::api::{DeleteOptions, Verb};
    use kube::{Key, Millis, Value, map};

    fn ask(world: &mut World, key: Key, verb: Verb) {
        let note = Note::detail("write", "Test", "the test acts");
        let done = world.request("test", key, "", verb, note);
        done.expect("the API server accepts what a test writes");
    }

    fn container(name: &str, script: &str, hook: i64) -> Value {
        let sleep = map! { "preStop" => map! { "sleep" => map! { "seconds" => hook } } };
        map! {
            "name" => name,
            "image" => "busybox",
            "command" => vec![Value::from("sh"), "-c".into(), script.into()],
            "lifecycle" => (hook > 0).then_some(sleep),
        }
    }

    /// A pod with sidecars, which is deleted: how each container ends, and how long after.
    fn ends(grace: i64, main: Value, sidecars: Vec<Value>) -> Vec<String> {
        let mut world = World::new(1, Settings::default());
        let node = map! {
            "apiVersion" => "v1",
            "kind" => "Node",
            "metadata" => map! { "name" => "node" },
            "status" => map! { "allocatable" => map! { "cpu" => "4", "memory" => "8Gi", "pods" => "10" } },
        };
        ask(&mut world, Key::of(&node), Verb::Create(node));
        let sidecars = sidecars.into_iter().map(|mut it| {
            it.set("restartPolicy", "Always");
            it
        });
        let pod = map! {
            "apiVersion" => "v1",
            "kind" => "Pod",
            "metadata" => map! { "name" => "p", "namespace" => "default" },
            "spec" => map! {
                "terminationGracePeriodSeconds" => grace,
                "initContainers" => sidecars.collect::<Vec<Value>>(),
                "containers" => vec![main],
            },
        };
        let key = Key::of(&pod);
        ask(&mut world, key.clone(), Verb::Create(pod));
        world.run_until(20_000);
        ask(&mut world, key, Verb::Delete(DeleteOptions::default()));
        let mut seen: Vec<String> = Vec::new();
        while world.now() < 60_000 {
            for (_, run) in world.pods.runs.iter() {
                for one in &run.containers {
                    if let State::Ended(ended) = &one.state {
                        let after: Millis = ended.at - 20_000;
                        let line = format!("{} {} after {} s", one.name, ended.code, after / 1000);
                        if !seen.contains(&line) {
                            seen.push(line);
                        }
                    }
                }
            }
            world.run_until(world.now() + 10);
        }
        seen
    }

    #[test]
    fn sidecars_stop_last_but_within_the_same_grace_period() {
        let well = "trap 'exit 0' TERM; sleep 1000 & wait";
        let deaf = "trap '' TERM; while true; do sleep 1; done";
        type Case<'a> = (i64, (&'a str, i64), &'a [(&'a str, i64)], &'a [&'a str]);
        let cases: &[Case<'_>] = &[
            // The first of them waits for the last, which its hook keeps.
            (
                30,
                (well, 0),
                &[(well, 0), (well, 1)],
                &[
                    "main 0 after 0 s",
                    "side-0 0 after 1 s",
                    "side-1 0 after 1 s",
                ],
            ),
            // A sidecar's hook does not wait for its turn.
            (
                30,
                (well, 2),
                &[(well, 3)],
                &["main 0 after 2 s", "side-0 0 after 3 s"],
            ),
            // All that is left when the grace period is over are two seconds.
            (
                5,
                (deaf, 0),
                &[(deaf, 0), (well, 0)],
                &[
                    "main 137 after 5 s",
                    "side-1 0 after 5 s",
                    "side-0 137 after 7 s",
                ],
            ),
        ];
        for (grace, (main, hook), sidecars, expected) in cases {
            let sidecars = sidecars.iter().enumerate();
            let sidecars = sidecars
                .map(|(at, (script, hook))| container(&format!("side-{at}"), script, *hook));
            let main = container("main", main, *hook);
            assert_eq!(ends(*grace, main, sidecars.collect()), *expected);
        }
    }
}
