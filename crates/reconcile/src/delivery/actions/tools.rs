//! The programs that a script calls and that take time or touch the world: tests, docker, helm.
//!
//! A call has two halves. [`begin`] says how long it takes, or that only the engine can do it
//! (`helm upgrade`, which ends when the cluster says so). [`finish`] does the others at their end.

use super::machine::Answer;
use crate::delivery::app::App;
use crate::delivery::git::{Oid, Tree};
use crate::delivery::reader::parse_duration;
use crate::delivery::registry::{Image, Pushed, Reference, Registry};
use crate::view::{Millis, Problem};
use ecow::{EcoString, EcoVec, eco_format};
use helm::release::ActionOptions;
use std::rc::Rc;

/// How long the tests run.
const TESTS: Millis = 18_000;
/// Asking a registry for one manifest.
const INSPECT: Millis = 600;
/// A build: what it takes at least, and more for each MiB of the image.
const BUILD: (Millis, Millis) = (6_000, 400);
/// A push, likewise.
const PUSH: (Millis, Millis) = (2_000, 95);
/// A call that fails before it has done anything, or does next to nothing.
const SHORT: Millis = 200;

/// What `helm upgrade` was asked to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelmUpgrade {
    /// The release.
    pub release: EcoString,
    /// The chart's folder in the repository, without `./`; empty if it is the repository's root.
    pub chart: EcoString,
    /// The namespace; `default` if none was given.
    pub namespace: EcoString,
    /// Values files (`-f`), by their paths in the repository, in order.
    pub values: Vec<EcoString>,
    /// What `--set` got, in order.
    pub set: Vec<EcoString>,
    /// What `--set-string` got, in order. Applied after `set`.
    pub set_string: Vec<EcoString>,
    /// The other flags.
    pub options: ActionOptions,
}

/// Whether a command is one of these programs.
#[must_use]
pub fn is_tool(name: &str) -> bool {
    matches!(
        name,
        "make" | "npm" | "go" | "cargo" | "pytest" | "docker" | "helm"
    )
}

/// How a call goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It ends by itself after this time.
    Takes(Millis),
    /// Only the engine can do it, and says when it has ended.
    Asks(HelmUpgrade),
}

/// What the calls of one job can see and change.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The commit that is checked out.
    pub commit: Oid,
    /// Its files; none before the checkout.
    pub files: &'a Tree,
    /// Its `app.yaml`, or what is wrong with it.
    pub app: &'a Result<App, Vec<Problem>>,
    /// Images on the job's machine, by reference.
    pub images: &'a mut EcoVec<(EcoString, Rc<Image>)>,
    /// The registry.
    pub registry: &'a mut Registry,
    /// What the call pushed.
    pub pushed: Option<Pushed>,
    /// The moment.
    pub now: Millis,
}

/// What a command line asks for, if it can be done.
enum Call {
    Test,
    Inspect(Reference),
    Build(Vec<Reference>),
    Push(Reference),
    Rename(Reference, Reference),
    Login,
    Upgrade(HelmUpgrade),
    /// It cannot: what the program answers.
    Refused(Answer),
}

/// Begins a call.
#[must_use]
pub fn begin(words: &[EcoString], files: &Tree, app: &Result<App, Vec<Problem>>) -> Begun {
    let mib = app.as_ref().map_or(0, |app| app.image_size >> 20);
    let sized = |(least, each): (Millis, Millis)| {
        Begun::Takes(least.saturating_add(each.saturating_mul(mib)))
    };
    match read(words, files) {
        Call::Test if app.is_ok() => Begun::Takes(TESTS),
        Call::Build(_) if app.is_ok() => sized(BUILD),
        Call::Push(_) => sized(PUSH),
        Call::Inspect(_) => Begun::Takes(INSPECT),
        Call::Upgrade(upgrade) => Begun::Asks(upgrade),
        _ => Begun::Takes(SHORT),
    }
}

/// Ends a call that took its time: does what it does, and answers.
#[must_use]
pub fn finish(words: &[EcoString], bench: &mut Bench<'_>) -> Answer {
    match read(words, bench.files) {
        Call::Test => test(words, bench),
        Call::Inspect(reference) => match bench.registry.resolve(&reference) {
            Some(image) => Answer::ok(eco_format!(
                "{{\n  \"schemaVersion\": 2,\n  \"digest\": \"{}\"\n}}",
                image.digest
            )),
            None => Answer::failed(1, eco_format!("no such manifest: {reference}")),
        },
        Call::Build(references) => build(&references, bench),
        Call::Push(reference) => push(&reference, bench),
        Call::Rename(from, to) => match local(bench, &from) {
            Some(image) => {
                name_image(bench, &to, image);
                Answer::default()
            }
            None => Answer::failed(
                1,
                eco_format!(
                    "Error response from daemon: No such image: {}",
                    from.tagged()
                ),
            ),
        },
        Call::Login => Answer::ok("Login Succeeded"),
        Call::Refused(answer) => answer,
        // The engine answers this one.
        Call::Upgrade(_) => Answer::default(),
    }
}

fn read(words: &[EcoString], files: &Tree) -> Call {
    let words: Vec<&str> = words.iter().map(EcoString::as_str).collect();
    match words.as_slice() {
        ["make" | "npm" | "go" | "cargo", "test", ..] | ["pytest", ..] => Call::Test,
        ["make", target, ..] => Call::Refused(Answer::failed(
            2,
            eco_format!("make: *** No rule to make target '{target}'.  Stop."),
        )),
        ["docker", "login", ..] => Call::Login,
        ["docker", "push", reference] => named(reference, Call::Push),
        ["docker", "manifest", "inspect", reference] => named(reference, Call::Inspect),
        ["docker", "tag", from, to] => match (Reference::parse(from), Reference::parse(to)) {
            (Some(from), Some(to)) => Call::Rename(from, to),
            _ => invalid_reference(if Reference::parse(from).is_none() {
                from
            } else {
                to
            }),
        },
        ["docker", "build", args @ ..] | ["docker", "buildx", "build", args @ ..] => {
            build_call(args, files)
        }
        ["helm", "upgrade", args @ ..] => upgrade_call(args, files),
        _ => Call::Refused(Answer {
            stderr: eco_format!("not simulated: {}\n", words.join(" ")),
            ..Answer::default()
        }),
    }
}

fn named(text: &str, call: fn(Reference) -> Call) -> Call {
    Reference::parse(text).map_or_else(|| invalid_reference(text), call)
}

fn invalid_reference(text: &str) -> Call {
    let message = eco_format!("invalid reference format: \"{text}\"");
    Call::Refused(Answer::failed(1, message))
}

/// `docker build [-t REFERENCE]… PATH`
fn build_call(args: &[&str], files: &Tree) -> Call {
    let flags = match Flags::read(args, &["t", "tag", "f", "file", "build-arg", "platform"]) {
        Ok(flags) => flags,
        Err(flag) => {
            return Call::Refused(Answer::failed(125, eco_format!("unknown flag: --{flag}")));
        }
    };
    let mut references = Vec::new();
    for text in flags.all(&["t", "tag"]) {
        match Reference::parse(text) {
            Some(reference) => references.push(reference),
            None => return invalid_reference(text),
        }
    }
    if flags.words.len() != 1 {
        let message = "ERROR: docker: 'docker buildx build' requires 1 argument";
        return Call::Refused(Answer::failed(1, message));
    }
    if !files.contains_key("Dockerfile") {
        return Call::Refused(Answer::failed(
            1,
            "ERROR: failed to build: failed to solve: failed to read dockerfile: open Dockerfile: \
             no such file or directory",
        ));
    }
    Call::Build(references)
}

/// `helm upgrade [--install] RELEASE CHART [flags]`
fn upgrade_call(args: &[&str], files: &Tree) -> Call {
    let with_value = [
        "n",
        "namespace",
        "f",
        "values",
        "set",
        "set-string",
        "timeout",
        "description",
        "history-max",
        "kube-context",
        "version",
    ];
    let refused = |message: EcoString| Call::Refused(Answer::failed(1, message));
    let flags = match Flags::read(args, &with_value) {
        Ok(flags) => flags,
        Err(flag) => return refused(eco_format!("Error: flag needs an argument: --{flag}")),
    };
    let known = [
        "i",
        "install",
        "create-namespace",
        "wait",
        "wait-for-jobs",
        "atomic",
        "debug",
        "force",
        "rollback-on-failure",
        "cleanup-on-fail",
        "reset-values",
        "reuse-values",
        "reset-then-reuse-values",
        "force-replace",
        "no-hooks",
        "skip-crds",
        "hide-notes",
        "take-ownership",
    ];
    let is_known = |name: &str| known.contains(&name) || with_value.contains(&name);
    if let Some((name, _)) = flags.named.iter().find(|(name, _)| !is_known(name)) {
        return refused(eco_format!("Error: unknown flag: --{name}"));
    }
    let [release, chart] = flags.words.as_slice() else {
        return refused(
            "Error: \"helm upgrade\" requires 2 arguments\n\n\
             Usage:  helm upgrade [RELEASE] [CHART] [flags]"
                .into(),
        );
    };
    let folder = clean_path(chart);
    let prefix = if folder.is_empty() {
        EcoString::new()
    } else {
        eco_format!("{folder}/")
    };
    if !files.contains_key(&eco_format!("{prefix}Chart.yaml")) {
        let is_there = files.keys().any(|path| path.starts_with(prefix.as_str()));
        return refused(if is_there {
            "Error: Chart.yaml file is missing".into()
        } else {
            eco_format!("Error: path \"{chart}\" not found")
        });
    }
    let values: Vec<EcoString> = flags.all(&["f", "values"]).map(clean_path).collect();
    if let Some(path) = values.iter().find(|path| !files.contains_key(*path)) {
        return refused(eco_format!("Error: open {path}: no such file or directory"));
    }
    let options = match action_options(&flags) {
        Ok(options) => options,
        Err(message) => return refused(message),
    };
    Call::Upgrade(HelmUpgrade {
        release: (*release).into(),
        chart: folder,
        namespace: flags.last(&["n", "namespace"]).unwrap_or("default").into(),
        values,
        set: flags.all(&["set"]).map(EcoString::from).collect(),
        set_string: flags.all(&["set-string"]).map(EcoString::from).collect(),
        options,
    })
}

/// What the flags of `helm upgrade` say that are not about values.
fn action_options(flags: &Flags<'_>) -> Result<ActionOptions, EcoString> {
    let default = ActionOptions::default();
    let invalid = |name: &str, text: &str, why: &str| {
        eco_format!("Error: invalid argument {text:?} for \"--{name}\" flag: {why}")
    };
    let timeout_ms = match flags.last(&["timeout"]) {
        None => default.timeout_ms,
        Some(text) => parse_duration(text)
            .and_then(|timeout| i64::try_from(timeout).ok())
            .ok_or_else(|| {
                invalid(
                    "timeout",
                    text,
                    &eco_format!("time: invalid duration {text:?}"),
                )
            })?,
    };
    let history_max = match flags.last(&["history-max"]) {
        None => default.history_max,
        Some(text) => text.parse().map_err(|_| {
            let why = eco_format!("strconv.ParseInt: parsing {text:?}: invalid syntax");
            invalid("history-max", text, &why)
        })?,
    };
    let wait_for_jobs = flags.is_set(&["wait-for-jobs"]);
    Ok(ActionOptions {
        install: flags.is_set(&["i", "install"]),
        replace: false,
        create_namespace: flags.is_set(&["create-namespace"]),
        skip_crds: flags.is_set(&["skip-crds"]),
        take_ownership: flags.is_set(&["take-ownership"]),
        no_hooks: flags.is_set(&["no-hooks"]),
        wait: wait_for_jobs || flags.is_set(&["wait"]),
        wait_for_jobs,
        timeout_ms,
        rollback_on_failure: flags.is_set(&["rollback-on-failure", "atomic"]),
        cleanup_on_fail: flags.is_set(&["cleanup-on-fail"]),
        force_replace: flags.is_set(&["force", "force-replace"]),
        reset_values: flags.is_set(&["reset-values"]),
        reuse_values: flags.is_set(&["reuse-values"]),
        reset_then_reuse_values: flags.is_set(&["reset-then-reuse-values"]),
        history_max,
        keep_history: false,
        description: flags.last(&["description"]).unwrap_or_default().into(),
    })
}

/// A path without `.` parts and needless slashes.
fn clean_path(path: &str) -> EcoString {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    parts.join("/").into()
}

/// A command line's flags and words, as Go's `pflag` reads them: `--name value`, `--name=value`,
/// `-n value`, `-nvalue`; words and flags in any order.
struct Flags<'a> {
    named: Vec<(&'a str, &'a str)>,
    words: Vec<&'a str>,
}

impl<'a> Flags<'a> {
    /// Reads `args`; the flags `with_value` take a value. An error names the flag that lacks its.
    fn read(args: &[&'a str], with_value: &[&str]) -> Result<Flags<'a>, &'a str> {
        let mut flags = Flags {
            named: Vec::new(),
            words: Vec::new(),
        };
        let mut args = args.iter().copied();
        while let Some(arg) = args.next() {
            let (name, value) = if let Some(long) = arg.strip_prefix("--") {
                match long.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (long, None),
                }
            } else if let Some(short) = arg.strip_prefix('-').filter(|short| !short.is_empty()) {
                let first = short.chars().next().map_or(0, char::len_utf8);
                let (name, value) = short.split_at(first);
                (
                    name,
                    Some(value.strip_prefix('=').unwrap_or(value))
                        .filter(|value| !value.is_empty()),
                )
            } else {
                flags.words.push(arg);
                continue;
            };
            let value = match value {
                None if with_value.contains(&name) => args.next().ok_or(name)?,
                value => value.unwrap_or("true"),
            };
            flags.named.push((name, value));
        }
        Ok(flags)
    }

    fn all<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'a str> + 's {
        self.named
            .iter()
            .filter(|(name, _)| names.contains(name))
            .map(|(_, value)| *value)
    }

    fn last(&self, names: &[&str]) -> Option<&'a str> {
        self.all(names).last()
    }

    fn is_set(&self, names: &[&str]) -> bool {
        self.last(names).is_some_and(|value| value != "false")
    }
}

fn test(words: &[EcoString], bench: &Bench<'_>) -> Answer {
    let failed = |reason: EcoString| {
        let make = if words[0] == "make" {
            "make: *** [Makefile:2: test] Error 1\n"
        } else {
            ""
        };
        Answer {
            status: if make.is_empty() { 1 } else { 2 },
            stdout: reason,
            stderr: make.into(),
        }
    };
    match bench.app {
        _ if bench.files.is_empty() => {
            Answer::failed(2, "make: *** No rule to make target 'test'.  Stop.")
        }
        Ok(app) if app.tests_pass => Answer::ok(eco_format!("PASS  version {}", app.version)),
        Ok(app) => failed(eco_format!(
            "FAIL  version {}: app.yaml says `tests: fail`\n",
            app.version
        )),
        Err(problems) => failed(listed(problems)),
    }
}

fn listed(problems: &[Problem]) -> EcoString {
    problems
        .iter()
        .map(|p| eco_format!("{}:{}:{}: {}\n", p.path, p.line, p.column, p.message))
        .collect::<Vec<_>>()
        .concat()
        .into()
}

fn build(references: &[Reference], bench: &mut Bench<'_>) -> Answer {
    let app = match bench.app {
        Ok(app) => app.clone(),
        Err(problems) => {
            return Answer::failed(1, eco_format!("{}ERROR: failed to build", listed(problems)));
        }
    };
    let image = Rc::new(Image::build(bench.files, app, bench.commit));
    let dockerfile = bench.files.get("Dockerfile").map_or("", EcoString::as_str);
    let layers: Vec<&str> = dockerfile
        .lines()
        .map(str::trim)
        .filter(|line| {
            let word = line.split_whitespace().next().unwrap_or_default();
            matches!(
                word.to_uppercase().as_str(),
                "FROM" | "RUN" | "COPY" | "ADD" | "WORKDIR"
            )
        })
        .collect();
    let mut log = String::from("#1 [internal] load build definition from Dockerfile\n");
    for (at, layer) in layers.iter().enumerate() {
        log += &format!("#{} [{}/{}] {layer}\n", at + 2, at + 1, layers.len());
    }
    let last = layers.len() + 2;
    log += &format!(
        "#{last} exporting to image\n#{last} writing image {}\n",
        image.digest
    );
    for reference in references {
        log += &format!("#{last} naming to {}\n", reference.tagged());
        name_image(bench, reference, image.clone());
    }
    Answer::ok(log)
}

fn local(bench: &Bench<'_>, reference: &Reference) -> Option<Rc<Image>> {
    let wanted = reference.tagged();
    bench
        .images
        .iter()
        .find(|(name, _)| *name == wanted)
        .map(|(_, image)| image.clone())
}

fn name_image(bench: &mut Bench<'_>, reference: &Reference, image: Rc<Image>) {
    let name = reference.tagged();
    bench.images.retain(|(have, _)| *have != name);
    bench.images.push((name, image));
}

fn push(reference: &Reference, bench: &mut Bench<'_>) -> Answer {
    let Some(image) = local(bench, reference) else {
        return Answer::failed(
            1,
            eco_format!(
                "An image does not exist locally with the tag: {}",
                reference.name
            ),
        );
    };
    let digest = image.digest.clone();
    bench.pushed = Some(bench.registry.push(reference, image, bench.now));
    Answer::ok(eco_format!(
        "The push refers to repository [{}]\n{}: digest: {digest}",
        reference.name,
        reference.tag.as_deref().unwrap_or("latest"),
    ))
}
