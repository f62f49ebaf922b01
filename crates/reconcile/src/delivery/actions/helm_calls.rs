//! Command lines of `helm`: what they ask the engine for.
//!
//! Words and flags of Helm 4 (`pkg/cmd`).

use super::answer::Answer;
use super::flags::Flags;
use super::machine::Call;
use crate::delivery::git::Tree;
use crate::delivery::reader::parse_duration;
use ecow::{EcoString, eco_format};
use helm::release::ActionOptions;
use std::rc::Rc;

/// A chart with what it is to be rendered with and installed as: `helm upgrade`, `install`,
/// `template` and `lint`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelmUpgrade {
    /// The release.
    pub release: EcoString,
    /// The chart's folder among the files, without `./`; empty if it is their root.
    pub chart: EcoString,
    /// The namespace; `default` if none was given.
    pub namespace: EcoString,
    /// Values files (`-f`), by their paths, in order.
    pub values: Vec<EcoString>,
    /// What `--set` got, in order.
    pub set: Vec<EcoString>,
    /// What `--set-string` got, in order. Applied after `set`.
    pub set_string: Vec<EcoString>,
    /// Whether it is `helm install`: the name must be free.
    pub is_install: bool,
    /// The other flags.
    pub options: ActionOptions,
    /// The files of the job's machine; empty where those of the commit are meant.
    pub files: Rc<Tree>,
}

/// What a `helm` command asks the engine for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelmCall {
    /// `upgrade` and `install`
    Upgrade(HelmUpgrade),
    /// `template`: prints the manifests.
    Template(HelmUpgrade),
    /// `lint`
    Lint(HelmUpgrade),
    /// `rollback`: name, namespace, revision (0: the one before the last), flags.
    Rollback(EcoString, EcoString, u32, ActionOptions),
    /// `uninstall`: name, namespace, flags.
    Uninstall(EcoString, EcoString, ActionOptions),
    /// `history`: name, namespace.
    History(EcoString, EcoString),
    /// `status`: name, namespace.
    Status(EcoString, EcoString),
    /// `list`: namespace; empty for all.
    List(EcoString),
}

/// Flags that take a value.
const WITH_VALUE: [&str; 13] = [
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
    "kubeconfig",
    "version",
    "max",
];

/// Flags without a value.
const SWITCHES: [&str; 24] = [
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
    "keep-history",
    "strict",
    "A",
    "all-namespaces",
    "ignore-not-found",
    "dependency-update",
];

fn refused(message: impl Into<EcoString>) -> Answer {
    Answer::failed(1, message)
}

/// Reads `helm ARGS`.
///
/// # Errors
/// What it answers without asking anybody.
pub fn read(args: &[&str], call: &Call) -> Result<HelmCall, Answer> {
    let Some((command, args)) = args.split_first() else {
        return Err(Answer::ok("The Kubernetes package manager"));
    };
    let flags = Flags::read(args, &WITH_VALUE)
        .map_err(|flag| refused(eco_format!("Error: flag needs an argument: --{flag}")))?;
    let is_known = |name: &str| SWITCHES.contains(&name) || WITH_VALUE.contains(&name);
    if let Some((name, _)) = flags.named.iter().find(|(name, _)| !is_known(name)) {
        return Err(refused(eco_format!("Error: unknown flag: --{name}")));
    }
    let options = action_options(&flags).map_err(refused)?;
    let namespace = EcoString::from(flags.last(&["n", "namespace"]).unwrap_or("default"));
    let usage = |count: &str, shape: &str| {
        let what = eco_format!("Error: \"helm {command}\" requires {count}");
        refused(eco_format!(
            "{what}\n\nUsage:  helm {command} {shape} [flags]"
        ))
    };
    let one = || match flags.words.as_slice() {
        [name] => Ok(EcoString::from(*name)),
        _ => Err(usage("1 argument", "RELEASE_NAME")),
    };
    Ok(match *command {
        "upgrade" => match flags.words.as_slice() {
            [release, chart] => {
                HelmCall::Upgrade(chart_call(release, chart, &flags, options, call)?)
            }
            _ => return Err(usage("2 arguments", "[RELEASE] [CHART]")),
        },
        "install" => match flags.words.as_slice() {
            [release, chart] => HelmCall::Upgrade(HelmUpgrade {
                is_install: true,
                ..chart_call(release, chart, &flags, options, call)?
            }),
            _ => return Err(usage("at least 1 argument", "[NAME] [CHART]")),
        },
        "template" => match flags.words.as_slice() {
            [chart] => {
                HelmCall::Template(chart_call("release-name", chart, &flags, options, call)?)
            }
            [release, chart] => {
                HelmCall::Template(chart_call(release, chart, &flags, options, call)?)
            }
            _ => return Err(usage("at least 1 argument", "[NAME] [CHART]")),
        },
        "lint" => {
            let chart = flags.words.first().copied().unwrap_or(".");
            HelmCall::Lint(chart_call("test-release", chart, &flags, options, call)?)
        }
        "rollback" => {
            let (name, revision) = match flags.words.as_slice() {
                [name] => (name, 0),
                [name, revision] => {
                    let number = revision.parse().map_err(|_| {
                        refused(eco_format!(
                            "Error: could not convert revision to a number: strconv.Atoi: parsing {revision:?}: invalid syntax"
                        ))
                    })?;
                    (name, number)
                }
                _ => return Err(usage("at least 1 argument", "<RELEASE> [REVISION]")),
            };
            HelmCall::Rollback((*name).into(), namespace, revision, options)
        }
        "uninstall" | "delete" => HelmCall::Uninstall(one()?, namespace, options),
        "history" | "hist" => HelmCall::History(one()?, namespace),
        "status" => HelmCall::Status(one()?, namespace),
        "list" | "ls" => HelmCall::List(match flags.is_set(&["A", "all-namespaces"]) {
            true => EcoString::new(),
            false => namespace,
        }),
        _ => {
            let called = eco_format!("helm {command} {}", args.join(" "));
            return Err(Answer::not_simulated(&called));
        }
    })
}

fn chart_call(
    release: &str,
    chart: &str,
    flags: &Flags<'_>,
    options: ActionOptions,
    call: &Call,
) -> Result<HelmUpgrade, Answer> {
    let folder = call.path(chart);
    let files = &call.place.files;
    let prefix = match folder.as_str() {
        "" => EcoString::new(),
        folder => eco_format!("{folder}/"),
    };
    if !files.contains_key(&eco_format!("{prefix}Chart.yaml")) {
        let is_there = call.place.has_folder(&folder) && !folder.is_empty();
        return Err(refused(match is_there {
            true => "Error: Chart.yaml file is missing".into(),
            false => eco_format!("Error: path \"{chart}\" not found"),
        }));
    }
    let mut values = Vec::new();
    for path in flags.all(&["f", "values"]) {
        let found = call.path(path);
        if !files.contains_key(&found) {
            let shown = path.trim_start_matches("./");
            return Err(refused(eco_format!(
                "Error: open {shown}: no such file or directory"
            )));
        }
        values.push(found);
    }
    Ok(HelmUpgrade {
        release: release.into(),
        chart: folder,
        namespace: flags.last(&["n", "namespace"]).unwrap_or("default").into(),
        values,
        set: flags.all(&["set"]).map(EcoString::from).collect(),
        set_string: flags.all(&["set-string"]).map(EcoString::from).collect(),
        is_install: false,
        options,
        files: files.clone(),
    })
}

/// What the flags say that are not about values.
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
        keep_history: flags.is_set(&["keep-history"]),
        description: flags.last(&["description"]).unwrap_or_default().into(),
    })
}
