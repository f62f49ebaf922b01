//! The programs that a script calls and that take time or touch the world: tests, docker, helm,
//! kubectl, `git push`.
//!
//! A call has two halves. [`begin`] says how long it takes, or that only the engine can do it (what
//! asks the cluster, or another repository). [`finish`] does the others at their end.

use super::answer::Answer;
use super::docker::{self, DockerCall};
use super::event::Ask;
use super::helm_calls;
use super::machine::Call;
use super::suites;
use super::workplace::within;
use crate::delivery::app::App;
use crate::delivery::git::Oid;
use crate::delivery::reader::parse_duration;
use crate::delivery::registry::{Image, Pushed, Registry};
use crate::view::{Millis, Problem};
use ecow::{EcoString, EcoVec, eco_format};
use std::rc::Rc;

pub use super::helm_calls::{HelmCall, HelmUpgrade};

/// How long the tests run.
const TESTS: Millis = 18_000;
/// A call that fails before it has done anything, or does next to nothing.
const SHORT: Millis = 200;

/// Whether a command is one of these programs.
#[must_use]
pub fn is_tool(name: &str) -> bool {
    const TOOLS: [&str; 18] = [
        "make",
        "npm",
        "yarn",
        "pnpm",
        "go",
        "cargo",
        "pytest",
        "python",
        "python3",
        "mvn",
        "./mvnw",
        "gradle",
        "./gradlew",
        "docker",
        "helm",
        "kubectl",
        "sleep",
        "timeout",
    ];
    TOOLS.contains(&name)
}

/// How a call goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Begun {
    /// It ends by itself after this time.
    Takes(Millis),
    /// Only the engine can do it, and says when it has ended.
    Asks(Ask),
}

/// What the calls of one job can see and change.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The commit that the run is for.
    pub commit: Oid,
    /// Its `app.yaml`, or what is wrong with it.
    pub app: &'a Result<App, Vec<Problem>>,
    /// Images on the job's machine, by reference.
    pub images: &'a mut EcoVec<(EcoString, Rc<Image>)>,
    /// The registry.
    pub registry: &'a mut Registry,
    /// What the call pushed.
    pub pushed: Vec<Pushed>,
    /// The moment.
    pub now: Millis,
    /// Whether the job's token may push to GitHub's registry (`permissions: packages`).
    pub may_write_packages: bool,
    /// Whether the job has logged in there with another token.
    pub has_login: bool,
}

/// What a command line asks for, if it can be done.
enum Read {
    Suite(usize),
    Docker(DockerCall),
    Ask(Ask),
    Sleep(Millis),
    /// It cannot: what the program answers.
    Refused(Answer),
}

/// Begins a call.
#[must_use]
pub fn begin(call: &Call, bench: &Bench<'_>) -> Begun {
    match read(call) {
        Read::Suite(_) if bench.app.is_ok() => Begun::Takes(TESTS),
        Read::Docker(docker) => Begun::Takes(docker::duration(&docker, call, bench)),
        Read::Ask(ask) => Begun::Asks(ask),
        Read::Sleep(time) => Begun::Takes(time),
        _ => Begun::Takes(SHORT),
    }
}

/// Ends a call that took its time: does what it does, and answers.
#[must_use]
pub fn finish(call: &Call, bench: &mut Bench<'_>) -> Answer {
    match read(call) {
        Read::Suite(at) => test(at, call, bench),
        Read::Docker(docker) => docker::finish(docker, call, bench),
        Read::Refused(answer) => answer,
        // The engine answers these.
        Read::Ask(_) | Read::Sleep(_) => Answer::default(),
    }
}

fn read(call: &Call) -> Read {
    let words: Vec<&str> = call.words.iter().map(EcoString::as_str).collect();
    if let Some(outgoing) = &call.outgoing {
        return Read::Ask(Ask::Push(outgoing.clone()));
    }
    if let Some(suite) = suites::find(&words) {
        return Read::Suite(suite);
    }
    match words.as_slice() {
        ["make", target, ..] if !call.place.files.contains_key("Makefile") => {
            Read::Refused(Answer::failed(
                2,
                eco_format!("make: *** No rule to make target '{target}'.  Stop."),
            ))
        }
        ["docker", args @ ..] => match docker::read(args, call) {
            Ok(docker) => Read::Docker(docker),
            Err(answer) => Read::Refused(answer),
        },
        ["helm", args @ ..] => match helm_calls::read(args, call) {
            Ok(helm) => asked(call, |user| Ask::Helm(Box::new(helm), user)),
            Err(answer) => Read::Refused(answer),
        },
        ["kubectl", args @ ..] => match kubectl_input(args, call) {
            Ok((args, stdin)) => asked(call, |user| Ask::Kubectl { args, stdin, user }),
            Err(answer) => Read::Refused(answer),
        },
        ["sleep", time] => {
            let millis = parse_duration(time).or_else(|| parse_duration(&eco_format!("{time}s")));
            match millis {
                Some(time) => Read::Sleep(time),
                None => Read::Refused(Answer::failed(
                    1,
                    eco_format!("sleep: invalid time interval '{time}'"),
                )),
            }
        }
        _ => Read::Refused(Answer::not_simulated(&words.join(" "))),
    }
}

/// The arguments of `kubectl` with each `-f FILE` become `-f -`, and what it then reads.
fn kubectl_input(args: &[&str], call: &Call) -> Result<(Vec<EcoString>, EcoString), Answer> {
    let mut out: Vec<EcoString> = Vec::new();
    let mut stdin = call.stdin.clone();
    let mut is_named = false;
    let mut rest = args.iter().copied();
    while let Some(arg) = rest.next() {
        let path = match arg {
            "-f" | "--filename" => rest.next(),
            arg => arg.strip_prefix("--filename=").or(arg.strip_prefix("-f")),
        };
        let Some(path) = path.filter(|path| *path != "-") else {
            out.push(arg.into());
            if matches!(arg, "-f" | "--filename") {
                out.push("-".into());
            }
            continue;
        };
        let at = call.path(path);
        let files = call.place.files.iter();
        let found = files.filter(|(have, _)| {
            let is_yaml = have.ends_with(".yaml") || have.ends_with(".yml");
            **have == at || (is_yaml && within(&at, have).is_some_and(|name| !name.contains('/')))
        });
        let texts: Vec<&str> = found.map(|(_, text)| text.as_str()).collect();
        if texts.is_empty() {
            let why = eco_format!("error: the path {path:?} does not exist");
            return Err(Answer::failed(1, why));
        }
        if !is_named {
            out.extend(["-f".into(), "-".into()]);
            stdin = EcoString::new();
        }
        is_named = true;
        stdin.push_str("---\n");
        stdin.push_str(&texts.join("\n---\n"));
        stdin.push('\n');
    }
    Ok((out, stdin))
}

/// What is asked in the name of whoever the kubeconfig says; none: whoever the runner is.
fn asked(call: &Call, ask: impl FnOnce(Option<EcoString>) -> Ask) -> Read {
    let files = &call.place.files;
    let named = call.kubeconfig.as_str();
    let default = eco_format!("{}/.kube/config", super::workplace::HOME);
    let (path, text) = match named {
        "" => (default.clone(), files.get(&default)),
        named => (named.into(), files.get(&call.path(named))),
    };
    match text {
        None if named.is_empty() => Read::Ask(ask(None)),
        None => {
            // Without its file a client knows no cluster but one on its own machine.
            Read::Refused(Answer::failed(
                1,
                "Error: Kubernetes cluster unreachable: Get \"http://localhost:8080/version\": dial tcp [::1]:8080: connect: connection refused",
            ))
        }
        Some(text) => match user_of(text) {
            Ok(user) => Read::Ask(ask(Some(user))),
            Err(why) => Read::Refused(Answer::failed(
                1,
                eco_format!("error: error loading config file \"{path}\": {why}"),
            )),
        },
    }
}

/// The user of a kubeconfig's current context: the service account that its token is one of, or the
/// user by name.
fn user_of(kubeconfig: &str) -> Result<EcoString, EcoString> {
    let config = yaml::decode(kubeconfig)
        .map_err(|error| eco_format!("yaml: line {}: {}", error.line, error.message))?;
    let named = |list: &str, name: &str| {
        let items = config.get(list).items().iter();
        items
            .clone()
            .find(|item| item.get("name").text() == name)
            .cloned()
    };
    let current = config.get("current-context").text();
    let context = named("contexts", current)
        .ok_or_else(|| eco_format!("context \"{current}\" does not exist"))?;
    let name = context.at(&["context", "user"]).to_text();
    let user =
        named("users", &name).ok_or_else(|| eco_format!("user \"{name}\" does not exist"))?;
    let token = user.at(&["user", "token"]).text();
    Ok(match token.starts_with("system:serviceaccount:") {
        true => token.into(),
        false => name,
    })
}

fn test(suite: usize, call: &Call, bench: &Bench<'_>) -> Answer {
    if call.place.files.is_empty() {
        return Answer::failed(2, "make: *** No rule to make target 'test'.  Stop.");
    }
    match bench.app {
        Ok(app) => {
            let name = call.workspace.rsplit('/').next().unwrap_or_default();
            suites::run(suite, name, app)
        }
        Err(problems) => Answer {
            status: 1,
            stdout: listed(problems),
            ..Answer::default()
        },
    }
}

/// Problems as a compiler prints them, one a line.
pub fn listed(problems: &[Problem]) -> EcoString {
    problems
        .iter()
        .map(|p| eco_format!("{}:{}:{}: {}\n", p.path, p.line, p.column, p.message))
        .collect::<Vec<_>>()
        .concat()
        .into()
}
