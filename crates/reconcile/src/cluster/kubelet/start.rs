//! Starting a container: its image, its environment, its process, its postStart hook
//! (`pkg/kubelet/kuberuntime/kuberuntime_container.go`, `startContainer`).

use super::programs::FOREVER;
use super::shell::Shell;
use super::sync::Doing;
use super::{Ended, PodEvent, State, Work, config, files, logs, programs};
use crate::cluster::network::{self, Cause};
use crate::delivery::app::App;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Millis, Value, quantity};
use std::rc::Rc;

/// How long a process lives that finds its environment incomplete, or too little memory.
pub(super) const CRASH: Millis = 300;
/// The shortest life of a process.
const SPAWN: Millis = 20;
/// How long a hook may take that has no limit of its own.
const HOOK_MAX: Millis = 86_400_000;
/// How long a termination message may be (`MaxContainerTerminationMessageLength`).
const MESSAGE_MAX: usize = 4096;

impl Work<'_> {
    /// A container is to be started, unless it ended so recently that it has to wait (`doBackOff`).
    pub(super) fn start(&mut self, at: usize, ended: Option<Millis>) {
        let now = self.world.now;
        let timings = &self.world.settings.timings;
        let (first, max) = (timings.back_off, timings.back_off_max);
        let Some(ended) = ended else {
            self.need_image(at);
            return;
        };
        let back_off = self.run.containers[at].back_off;
        if !back_off.holds(ended, now, max) {
            self.container(at).back_off.next(ended, now, first, max);
            self.need_image(at);
            return;
        }
        let (name, pod) = (self.run.containers[at].name.clone(), self.full_name());
        let failed = eco_format!("Back-off restarting failed container {name} in pod {pod}");
        self.event_of(at, Note::warning("event", "BackOff", failed));
        let wait = go_duration(back_off.wait);
        let message = eco_format!("back-off {wait} restarting failed container={name} pod={pod}");
        self.waits_until(ended + back_off.wait);
        self.not_started(at, "CrashLoopBackOff", message);
    }

    /// The image is there: the container is created from it.
    pub(super) fn create(&mut self, at: usize) {
        let checked = self
            .check_user(at)
            .and_then(|()| config::environment(&self.world.store, &self.pod, self.spec(at)));
        match checked {
            Err(message) => {
                let failed = eco_format!("Error: {message}");
                self.event_of(at, Note::warning("event", "Failed", failed));
                self.not_started(at, "CreateContainerConfigError", message);
            }
            Ok(variables) => {
                self.container(at).variables = Rc::new(variables);
                self.event_of(at, Note::detail("event", "Created", "Container created"));
                let time = self.world.settings.timings.container;
                self.wait_for(Doing::Creating(at), time);
            }
        }
    }

    /// `runAsNonRoot`: images run as root unless the pod says otherwise (`security_context.go`).
    fn check_user(&self, at: usize) -> Result<(), EcoString> {
        let (own, of_pod) = (
            self.spec(at).get("securityContext"),
            self.pod.spec().get("securityContext"),
        );
        let setting = |name: &str| match own.get(name) {
            Value::Null => of_pod.get(name).clone(),
            set => set.clone(),
        };
        if setting("runAsNonRoot").as_bool() != Some(true) {
            return Ok(());
        }
        let what = match setting("runAsUser").as_int() {
            None => "container has runAsNonRoot and image will run as root",
            Some(0) => "container's runAsUser breaks non-root policy",
            Some(_) => return Ok(()),
        };
        let (pod, name) = (self.full_name(), &self.run.containers[at].name);
        Err(eco_format!("{what} (pod: {pod:?}, container: {name})"))
    }

    /// The container is created: its process starts, if there is such a program.
    pub(super) fn created(&mut self, at: usize) {
        let now = self.world.now;
        let words = self.command_line(at);
        let container = self.container(at);
        if container.state != State::Waiting {
            container.restarts += 1;
        }
        if let State::Ended(ended) = &container.state {
            container.last = Some(ended.clone());
            container.turn_page(now);
        }
        let is_shells = container.app.is_none();
        let runs = words.first().is_none_or(|first| programs::has(first));
        if is_shells && !runs {
            self.start_error(at, &words[0]);
            return;
        }
        let variables = container.variables.as_ref().clone();
        container.shell = None;
        container.state = State::Running { since: now };
        container.reason = None;
        let life = container.life;
        let name = container.name.clone();
        self.forget_files(at);
        self.has_started_something();
        self.note_change();
        self.event_of(at, Note::detail("event", "Started", "Container started"));
        let why = texts::nodes::runs(&name, self.name());
        self.run.worker.story(Note::detail("patch", "Running", why));
        let app = self.run.containers[at].app.clone();
        match app.filter(|_| words.is_empty() || !runs) {
            Some(app) => self.after(app.startup, PodEvent::Listen(at, life)),
            None => {
                let words = if words.is_empty() {
                    vec!["sh".into()]
                } else {
                    words
                };
                let shell = Shell::new(&words, variables, now);
                self.container(at).shell = Some(Rc::new(shell));
                self.after(SPAWN, PodEvent::Wake(at, life));
            }
        }
        self.resume_probes(at);
        self.post_start(at);
    }

    /// What a container runs: `command` and `args`, or what its image says.
    fn command_line(&self, at: usize) -> Vec<EcoString> {
        let spec = self.spec(at);
        let variables = &self.run.containers[at].variables;
        let words = spec.get("command").items().iter();
        words
            .chain(spec.get("args").items())
            .map(|word| config::expand(word.text(), variables))
            .collect()
    }

    fn start_error(&mut self, at: usize, program: &str) {
        let now = self.world.now;
        let why = no_program(program);
        let message = eco_format!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: {program:?}: {why}"
        );
        let container = self.container(at);
        container.life += 1;
        container.state = State::Ended(Ended {
            code: 128,
            reason: "StartError",
            message: message.clone(),
            since: 0,
            at: now,
        });
        self.note_change();
        let failed = eco_format!("Error: {message}");
        self.event_of(at, Note::warning("event", "Failed", failed));
        self.not_started(at, "RunContainerError", message);
    }

    /// A new container has no files but its image's.
    fn forget_files(&mut self, at: usize) {
        let name = self.run.containers[at].name.clone();
        let image = self.run.containers[at].image.clone();
        let mut disk = files::Disk {
            files: &mut self.run.files,
            container: &name,
            mounts: &[],
        };
        disk.remove("/");
        let images = self.world.settings.node_images.iter();
        for image in images.filter(|have| have.reference == image) {
            for path in &image.files {
                disk.write(path, EcoString::new());
            }
        }
    }

    fn post_start(&mut self, at: usize) {
        let hook = self.spec(at).at(&["lifecycle", "postStart"]).clone();
        if hook.is_null() {
            self.next();
            return;
        }
        let (took, failure) = self.run_hook(at, &hook, HOOK_MAX);
        self.wait_for(Doing::Hook(at, failure), took);
    }

    /// Runs a hook: how long it takes, and how it failed, if it did.
    pub(super) fn run_hook(
        &mut self,
        at: usize,
        hook: &Value,
        timeout: Millis,
    ) -> (Millis, Option<EcoString>) {
        if let Some(seconds) = hook.at(&["sleep", "seconds"]).as_int() {
            return (u64::try_from(seconds).unwrap_or(0) * 1000, None);
        }
        let words: Vec<EcoString> = hook
            .at(&["exec", "command"])
            .items()
            .iter()
            .map(Value::to_text)
            .collect();
        if words.is_empty() {
            return (0, None);
        }
        match self.exec(at, &words, timeout) {
            Ok((_, 0, took)) => (took, None),
            Ok((output, code, took)) => {
                let line = words.join(" ");
                (
                    took,
                    Some(eco_format!("command '{line}' exited with {code}: {output}")),
                )
            }
            Err(_) => (timeout, Some("command timed out".into())),
        }
    }

    /// A postStart hook has ended.
    pub(super) fn hooked(&mut self, at: usize, failure: Option<EcoString>) {
        if !self.run.containers[at].is_running() {
            self.next();
            return;
        }
        let Some(failure) = failure else {
            self.next();
            return;
        };
        let words = self
            .spec(at)
            .at(&["lifecycle", "postStart", "exec", "command"])
            .items();
        let words: Vec<&str> = words.iter().map(Value::text).collect();
        let message = eco_format!(
            "Exec lifecycle hook ([{}]) for Container {:?} in Pod {:?} failed - error: {failure}, message: \"\"",
            words.join(" "),
            self.run.containers[at].name,
            self.full_name()
        );
        self.event_of(
            at,
            Note::warning("event", "FailedPostStartHook", "PostStartHook failed"),
        );
        self.run.worker.doing = Doing::Unhook(at, message);
        let grace = self.grace(at, None);
        self.kill(at, "FailedPostStartHook".into(), grace);
    }

    /// The application has started.
    pub(super) fn listen(&mut self, at: usize) {
        let Some(app) = self.run.containers[at].app.clone() else {
            return;
        };
        let life = self.run.containers[at].life;
        if self.missing(at, &app).is_some() {
            self.after(CRASH, PodEvent::Exit(at, life, 1, "Error"));
        } else if self.is_over_memory(at, app.memory.base) {
            self.after(0, PodEvent::Exit(at, life, 137, "OOMKilled"));
        } else {
            network::changed(self.world);
            self.container(at).listens = true;
        }
    }

    fn is_over_memory(&self, at: usize, bytes: u64) -> bool {
        let limit = quantity::units_of(self.spec(at).at(&["resources", "limits", "memory"]));
        limit > 0 && u64::try_from(limit).is_ok_and(|limit| bytes > limit)
    }

    /// What the application needs and its container does not have: a variable or a file.
    pub(super) fn missing(&self, at: usize, app: &App) -> Option<EcoString> {
        let variables = &self.run.containers[at].variables;
        let is_set = |name: &&EcoString| variables.get(*name).is_none_or(EcoString::is_empty);
        let variable = app.needs.env.iter().find(is_set);
        let has_file = |path: &&EcoString| {
            let mounts = config::mounts(self.spec(at));
            !mounts
                .iter()
                .any(|(mount, _)| path.starts_with(mount.as_str()))
        };
        variable
            .or_else(|| app.needs.files.iter().find(has_file))
            .cloned()
    }

    /// Moves the processes of the pod's commands on to now.
    pub(super) fn advance(&mut self) {
        for at in 0..self.run.containers.len() {
            let Some(mut shell) = self.run.containers[at].shell.clone() else {
                continue;
            };
            let now = self.world.now;
            // What it does next is in the queue already.
            if shell.next() > now {
                continue;
            }
            let (name, mounts) = (
                self.run.containers[at].name.clone(),
                config::mounts(self.spec(at)),
            );
            let mut disk = files::Disk {
                files: &mut self.run.files,
                container: &name,
                mounts: &mounts,
            };
            let own = Rc::make_mut(&mut shell);
            let servers = own.servers.len();
            let ended = own.advance(&mut disk, now);
            if own.servers.len() != servers {
                network::changed(self.world);
            }
            let (memory, next, may_end) = (own.memory, own.next(), own.may_end());
            self.container(at).shell = Some(shell);
            let life = self.run.containers[at].life;
            if self.is_over_memory(at, memory) {
                self.exit_after(at, CRASH, 137, "OOMKilled");
            } else if let Some((code, _)) = ended {
                let reason = if code == 0 { "Completed" } else { "Error" };
                match self.run.containers[at].state {
                    State::Running { since } if now < since + SPAWN => {
                        let code = i64::from(code);
                        self.after(SPAWN, PodEvent::Exit(at, life, code, reason));
                    }
                    _ => self.exit(at, i64::from(code), reason),
                }
            } else if may_end && next != FOREVER {
                self.after(next - now, PodEvent::Wake(at, life));
            }
        }
    }

    /// The process is about to end: it does nothing more.
    fn exit_after(&mut self, at: usize, time: Millis, code: i64, reason: &'static str) {
        let now = self.world.now;
        let container = self.container(at);
        container.keep_lines(now, None);
        container.shell = None;
        let life = container.life;
        self.after(time, PodEvent::Exit(at, life, code, reason));
    }

    /// Runs a command in a container: its output, its status and how long it took. An error means
    /// that it took longer than it may.
    pub(super) fn exec(
        &mut self,
        at: usize,
        words: &[EcoString],
        timeout: Millis,
    ) -> Result<(EcoString, i32, Millis), EcoString> {
        self.advance();
        let (name, mounts) = (
            self.run.containers[at].name.clone(),
            config::mounts(self.spec(at)),
        );
        let variables = self.run.containers[at].variables.clone();
        let mut disk = files::Disk {
            files: &mut self.run.files,
            container: &name,
            mounts: &mounts,
        };
        Shell::exec(words, &variables, &mut disk, self.world.now, timeout)
    }

    /// A process has ended.
    pub(super) fn exit(&mut self, at: usize, code: i64, reason: &'static str) {
        let now = self.world.now;
        let message = self.last_words(at, code);
        let app = self.run.containers[at].app.clone();
        let missing = app
            .and_then(|app| self.missing(at, &app))
            .filter(|_| code == 1);
        let pod = self.name().clone();
        network::ended(self.world, self.uid, at, Cause::Reset);
        let container = self.container(at);
        let State::Running { since } = container.state else {
            return;
        };
        container.state = State::Ended(Ended {
            code,
            reason,
            message,
            since,
            at: now,
        });
        let own = missing.as_ref().map(|what| logs::missing(what));
        container.keep_lines(now, own);
        (container.listens, container.shell) = (false, None);
        container.life += 1;
        let name = &container.name;
        let why = match (reason, missing) {
            ("OOMKilled", _) => texts::nodes::is_oom_killed(name, &pod),
            (_, Some(what)) => texts::nodes::ends_without(name, &pod, code, &what),
            _ => texts::nodes::ends(name, &pod, code),
        };
        let note = if self.pod.meta.deleted.is_some() || code == 0 {
            Note::detail("patch", reason, why)
        } else {
            Note::warning("patch", reason, why)
        };
        self.run.worker.story(note);
        self.note_change();
        self.stopped(at);
    }

    /// A termination message: what the process wrote to its file for it, or, if the pod wants that
    /// and it failed, the end of its log.
    fn last_words(&self, at: usize, code: i64) -> EcoString {
        let spec = self.spec(at);
        let path = match spec.get("terminationMessagePath").text() {
            "" => "/dev/termination-log",
            path => path,
        };
        let place = eco_format!("c/{}{path}", self.run.containers[at].name);
        let written = self.run.files.get(&place).cloned().unwrap_or_default();
        let falls_back = spec.get("terminationMessagePolicy").text() == "FallbackToLogsOnError";
        let shell = self.run.containers[at].shell.as_ref();
        let mut text = match shell.filter(|_| written.is_empty() && falls_back && code != 0) {
            Some(shell) => shell.log.clone(),
            None => written,
        };
        while text.len() > MESSAGE_MAX {
            text.pop();
        }
        text
    }
}

/// Why runc cannot run a program.
pub(super) fn no_program(program: &str) -> EcoString {
    match program.contains('/') {
        true => eco_format!("stat {program}: no such file or directory"),
        false => "executable file not found in $PATH".into(),
    }
}

/// A time as Go prints it: `10s`, `1m20s`, `5m0s`.
fn go_duration(time: Millis) -> EcoString {
    let (minutes, seconds) = (time / 60_000, time / 1000 % 60);
    match (minutes, time % 1000) {
        (0, 0) => eco_format!("{seconds}s"),
        (0, part) => eco_format!(
            "{seconds}.{}s",
            eco_format!("{part:03}").trim_end_matches('0')
        ),
        _ => eco_format!("{minutes}m{seconds}s"),
    }
}
