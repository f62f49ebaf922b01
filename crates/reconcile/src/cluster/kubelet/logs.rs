//! What containers print, for `kubectl logs`, and commands run in them, for `kubectl exec`
//! (`pkg/kubelet/kubelet_pods.go`, `GetKubeletContainerLogs` and `RunInContainer`).
//!
//! A shell's output is its own. What a program prints whose image says how it behaves is told from what
//! becomes of it: that it starts, that it listens, what it misses, that it is asked to stop. A process
//! that is killed, for its memory or when its time is over, says nothing of it, as in reality.

use super::shell::Shell;
use super::{
    Container, Ended, Run, State, Work, act_with, config, container_spec, files, node, programs,
};
use crate::cluster::pod;
use crate::delivery::app::{App, OnSigterm};
use crate::engine::World;
use ecow::{EcoString, EcoVec, eco_format};
use kube::{Key, Millis, Object, Status, Value};
use shell::{Line, Output};
use std::rc::Rc;

/// What is kept of what a container printed that does not run any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Printed {
    /// Its last words; of a shell, all it said.
    last: EcoVec<Line>,
    is_shells: bool,
    /// What it printed in the life before this one.
    before: EcoVec<Line>,
}

/// What a command in a container did.
pub(crate) struct Executed {
    pub output: EcoString,
    /// Its exit code.
    pub code: i32,
    /// How long it took.
    pub takes: Millis,
    /// Whether the pod's files are others now.
    pub is_change: bool,
}

impl Executed {
    /// What whoever ran it sees.
    pub fn printed(self) -> Output {
        Output {
            exit: u8::try_from(self.code).unwrap_or(u8::MAX),
            stdout: self.output.into(),
            stderr: String::new(),
        }
    }
}

/// How long a command may run in a container: for as long as a day, which is nobody's patience.
const EXEC_MAX: Millis = 86_400_000;

/// What a container has printed in this life, or in the one before.
///
/// # Errors
/// 400 in the kubelet's words if there is no such life, 500 if the kubelet cannot be reached.
pub(crate) fn logs(
    world: &World,
    pod: &Object,
    container: &str,
    is_previous: bool,
) -> Result<Vec<Line>, Status> {
    // The server finds no address to ask of a pod that has no node, and answers with nothing.
    if pod::node(pod).is_empty() {
        return Ok(Vec::new());
    }
    if let Some(address) = out_of_reach(world, pod) {
        let (namespace, name) = (&pod.key.namespace, &pod.key.name);
        return Err(Status::internal(eco_format!(
            "Get \"https://{address}/containerLogs/{namespace}/{name}/{container}\": dial tcp {address}: \
             connect: no route to host"
        )));
    }
    has_life(pod, container, is_previous).map_err(Status::bad_request)?;
    let Some((run, at)) = find(world, pod, container) else {
        return Ok(Vec::new());
    };
    let one = &run.containers[at];
    if is_previous {
        let printed = one.printed.as_ref();
        return Ok(printed.map_or_else(Vec::new, |it| it.before.to_vec()));
    }
    let Some(mut shell) = one.shell.clone() else {
        return Ok(one.lines(world.now()).to_vec());
    };
    let (mut files, mounts) = (run.files.clone(), config::mounts(container_spec(pod, at)));
    let mut disk = files::Disk {
        files: &mut files,
        container: &one.name,
        mounts: &mounts,
    };
    let own = Rc::make_mut(&mut shell);
    let end = own.advance(&mut disk, world.now()).map(|(_, at)| at);
    Ok(own.lines(end).to_vec())
}

/// Runs a command in a container, to its end, as `PodExecOptions` name them.
///
/// # Errors
/// 500 if the container does not run, there is no such program, or the kubelet cannot be reached.
pub(crate) fn exec(world: &mut World, key: &Key, options: &Value) -> Result<Executed, Status> {
    let container = options.get("container").text();
    let words = options.get("command").items().iter();
    let words: Vec<EcoString> = words.map(Value::to_text).collect();
    let found = world.store.get(key).cloned();
    let pod = found.ok_or_else(|| Status::not_found(&key.kind, &key.name))?;
    if pod::node(&pod).is_empty() {
        let why = eco_format!("pod {} does not have a host assigned", key.name);
        return Err(Status::bad_request(why));
    }
    if let Some(address) = out_of_reach(world, &pod) {
        return Err(Status::internal(eco_format!(
            "error dialing backend: dial tcp {address}: connect: no route to host"
        )));
    }
    let Some((run, at)) = find(world, &pod, container).map(|(run, at)| (run.clone(), at)) else {
        return Err(not_running(container));
    };
    let uid = pod.meta.uid.clone();
    let mut answer = Err(not_running(container));
    act_with(world, &uid, pod, run, |work| {
        answer = work.execute(at, &words)
    });
    answer
}

/// What the kubelet says of a container that no command can be run in.
fn not_running(container: &str) -> Status {
    Status::internal(eco_format!(
        "unable to upgrade connection: container not found ({container:?})"
    ))
}

impl Work<'_> {
    /// Runs a command in a container that runs. If its files are others then, its probes may find something
    /// new.
    fn execute(&mut self, at: usize, words: &[EcoString]) -> Result<Executed, Status> {
        // What its own process has done by now is not the command's doing.
        self.advance();
        if !self.run.containers[at].is_running() {
            return Err(not_running(&self.run.containers[at].name));
        }
        let first = words.first().map_or("", EcoString::as_str);
        if !programs::has(first) {
            return Err(Status::internal(eco_format!(
                "Internal error occurred: Internal error occurred: error executing command in container: \
                 failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: \
                 unable to start container process: exec: {first:?}: {}",
                super::start::no_program(first)
            )));
        }
        let before = self.run.files.clone();
        // What never ends is interrupted.
        let (output, code, takes) = self
            .exec(at, words, EXEC_MAX)
            .unwrap_or_else(|printed| (printed, 130, EXEC_MAX));
        let is_change = !self.run.files.iter().eq(before.iter());
        if is_change {
            for at in 0..self.run.containers.len() {
                self.probe_anew(at);
            }
        }
        Ok(Executed {
            output,
            code,
            takes,
            is_change,
        })
    }
}

/// Where a container is run.
fn find<'a>(world: &'a World, pod: &Object, container: &str) -> Option<(&'a Run, usize)> {
    let run = world.pods.runs.get(&pod.meta.uid)?;
    let at = run.containers.iter().position(|it| it.name == container)?;
    Some((run, at))
}

/// The address of a pod's kubelet, if the API server does not reach it.
fn out_of_reach(world: &World, pod: &Object) -> Option<EcoString> {
    let is_silent = world.pods.is_silent(pod::node(pod));
    is_silent.then(|| eco_format!("{}:10250", node::address(&world.store, &pod.meta.node)))
}

/// Whether there is a life to tell of (`validateContainerLogStatus`).
fn has_life(pod: &Object, container: &str, is_previous: bool) -> Result<(), EcoString> {
    let what = eco_format!("container {container:?} in pod {:?}", pod.key.name);
    let lists = ["containerStatuses", "initContainerStatuses"];
    let mut all = lists.iter().flat_map(|list| pod.status().get(list).items());
    let Some(status) = all.find(|it| it.get("name").text() == container) else {
        return Err(eco_format!("{what} is not available"));
    };
    let is = |path: [&str; 2]| !status.at(&path).is_null();
    let has_ended_before = is(["lastState", "terminated"]);
    let waits = status.at(&["state", "waiting", "reason"]).text();
    match waits {
        _ if is_previous && !has_ended_before => {
            Err(eco_format!("previous terminated {what} not found"))
        }
        _ if is_previous || has_ended_before => Ok(()),
        _ if is(["state", "running"]) || is(["state", "terminated"]) => Ok(()),
        "ErrImagePull" => Err(eco_format!(
            "{what} is waiting to start: image can't be pulled"
        )),
        "ImagePullBackOff" => Err(eco_format!(
            "{what} is waiting to start: trying and failing to pull image"
        )),
        "" => Err(eco_format!("{what} is waiting to start - no logs yet")),
        reason => Err(eco_format!("{what} is waiting to start: {reason}")),
    }
}

impl Container {
    /// What it has printed in this life, which may be over; a shell that runs has it in its own log.
    fn lines(&self, now: Millis) -> EcoVec<Line> {
        let printed = self.printed.as_ref();
        let last = printed.map_or_else(EcoVec::new, |it| it.last.clone());
        let is_shells = printed.is_some_and(|it| it.is_shells);
        let Some(app) = self.app.as_ref().filter(|_| !is_shells) else {
            return last;
        };
        let (since, end) = match &self.state {
            State::Waiting => return last,
            State::Running { since } => (*since, None),
            State::Ended(ended) => (ended.since, Some(ended)),
        };
        let mut lines = told(app, since, self.signal, end, now);
        lines.extend(last);
        lines
    }

    /// Its process has ended: what it printed is kept, and what it says at the end.
    pub(super) fn keep_lines(&mut self, now: Millis, own: Option<EcoString>) {
        let of_shell = self.shell.as_ref().map(|shell| shell.lines(Some(now)));
        if of_shell.is_none() && own.is_none() {
            return;
        }
        let printed = Rc::make_mut(self.printed.get_or_insert_default());
        printed.is_shells = of_shell.is_some();
        let own = own.map(|text| (now, text));
        printed.last = of_shell.into_iter().flatten().chain(own).collect();
    }

    /// It is started again.
    pub(super) fn turn_page(&mut self, now: Millis) {
        let before = self.lines(now);
        let has_any = !before.is_empty();
        self.printed = has_any.then(|| {
            Rc::new(Printed {
                before,
                ..Printed::default()
            })
        });
        self.signal = None;
    }
}

/// What a program prints of its life.
fn told(
    app: &App,
    since: Millis,
    signal: Option<Millis>,
    end: Option<&Ended>,
    now: Millis,
) -> EcoVec<Line> {
    let last = end.map_or(now, |end| end.at);
    let mut lines = EcoVec::new();
    let version = match app.version.as_str() {
        "" => EcoString::new(),
        version => eco_format!("version {version} "),
    };
    lines.push((since, eco_format!("{version}starts")));
    let listens = since + app.startup;
    let is_short = end.is_some_and(|end| end.code != 0 && end.at <= listens + super::start::CRASH);
    if listens <= last && !is_short {
        lines.push((listens, eco_format!("listens on port {}", app.port)));
    }
    if let Some(at) = signal {
        lines.extend(match app.on_sigterm {
            OnSigterm::Drain(_) => Some((
                at,
                "SIGTERM: takes no new requests and finishes what it has begun".into(),
            )),
            OnSigterm::Exit => Some((at, "SIGTERM: exits".into())),
            OnSigterm::Ignore => None,
        });
    }
    if let Some(end) = end.filter(|end| end.code == 0) {
        lines.push((end.at, "done".into()));
    }
    lines
}

/// What a program says that lacks something which it needs.
pub(super) fn missing(what: &str) -> EcoString {
    match what.starts_with('/') {
        true => eco_format!("error: {what}: no such file or directory"),
        false => eco_format!("error: environment variable {what} is not set"),
    }
}

impl Shell {
    /// What it has printed, line by line. A line is in the log once it has ended, and of that moment;
    /// the last also once the process has (`internal/cri/io/logger.go` of containerd, `redirectLogs`).
    fn lines(&self, end: Option<Millis>) -> EcoVec<Line> {
        let mut lines: EcoVec<Line> = EcoVec::new();
        let mut rest = self.log.as_str();
        let mut is_open = false;
        for (at, size) in &self.printed {
            let (part, after) = rest.split_at(rest.floor_char_boundary(*size as usize));
            rest = after;
            for piece in part.split_inclusive('\n') {
                let text = piece.trim_end_matches('\n');
                match lines.make_mut().last_mut().filter(|_| is_open) {
                    Some((moment, line)) => {
                        line.push_str(text);
                        *moment = *at;
                    }
                    None => lines.push((*at, text.into())),
                }
                is_open = !piece.ends_with('\n');
            }
        }
        match (lines.make_mut().last_mut().filter(|_| is_open), end) {
            (Some((moment, _)), Some(end)) => *moment = end,
            (Some(_), None) => _ = lines.pop(),
            (None, _) => {}
        }
        lines
    }
}
