//! HelmRelease: a chart of a source as a real Helm release, with remediation and drift detection
//! (fluxcd/helm-controller).

use super::{
    Artifact, Lack, Memory, artifact, asked, begin, condition, finish, interval, is_asked, keep,
    memory, progressing, readers, ready, ready_condition, shown, source_key, summary, time,
};
use crate::cluster::{Context, Controller};
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::git::Tree;
use crate::gitops::around::OWN_VALUES;
use crate::gitops::pass::Pass;
use crate::gitops::{Ask, ReleaseAsked, diff, ignore, render};
use crate::pipeline::Release;
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use helm::Status;
use helm::release::ActionOptions;
use kube::api::Verb;
use kube::{Change, Key, Millis, Object, Store, Value, patch};

pub(crate) const CONTROLLER: Controller = Controller {
    name: "helm-controller",
    watches,
    batch: 0,
    reconcile,
};

/// Where a HelmRelease names its source.
pub(super) const SOURCE: [&str; 3] = ["chart", "spec", "sourceRef"];
const SECRET: &str = "sh.helm.release.v1.";

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let new = &change.new;
    if new.key.kind == "HelmRelease" && is_asked(change) {
        keys.push(new.key.clone());
    }
    readers(store, change, "HelmRelease", &SOURCE, keys);
    // How Helm gets on, it writes into its Secrets.
    let secret = new.key.name.strip_prefix(SECRET);
    let Some(release) = secret.filter(|_| new.key.kind == "Secret") else {
        return;
    };
    for it in store.list("HelmRelease") {
        let (namespace, name) = place(&it.key, it.spec());
        if namespace == new.key.namespace && release.starts_with(&format!("{name}.v")) {
            keys.push(it.key.clone());
        }
    }
}

/// Namespace and name of the Helm release.
pub(super) fn place(key: &Key, spec: &Value) -> (EcoString, EcoString) {
    let target = spec.get("targetNamespace").text();
    let name = match (spec.get("releaseName").text(), target) {
        ("", "") => key.name.clone(),
        ("", target) => eco_format!("{target}-{}", key.name),
        (name, _) => name.into(),
    };
    match target {
        "" => (key.namespace.clone(), name),
        target => (target.into(), name),
    }
}

/// The newest revision of an object's release.
pub(super) fn newest<'a>(key: &Key, spec: &Value, context: &Context<'a>) -> Option<&'a Release> {
    let (namespace, name) = place(key, spec);
    let mut all = context.delivery.releases.iter();
    all.rfind(|it| it.record.namespace == namespace && it.record.name == name)
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let (mut pass, found) = match begin(store, key, context) {
        Ok(begun) => begun,
        Err(plan) => return plan,
    };
    let spec = found.spec().clone();
    let last = newest(key, &spec, context);
    if last.is_some_and(|it| it.record.status.is_pending()) {
        return finish(pass);
    }
    let mut kept = memory(&pass);
    if kept.at > 0 {
        tell(&mut pass, &mut kept, last);
    }
    if super::waits_for_others(&mut pass) {
        return finish(pass);
    }
    match artifact(&pass, &source_key(found, &SOURCE)) {
        Err(Lack::Missing(why)) => {
            let why = eco_format!("could not get Source object: {why}");
            ready(&mut pass, false, "ArtifactFailed", &why);
        }
        Err(Lack::Empty(why)) => ready(&mut pass, false, "SourceNotReady", &why),
        Ok(artifact) => act(&mut pass, kept, &artifact, last, &spec),
    }
    pass.plan.look_again(interval(&spec));
    finish(pass)
}

/// Upgrades if there is something new, or tries again what failed; else looks for drift.
fn act(
    pass: &mut Pass<'_>,
    mut kept: Memory,
    artifact: &Artifact,
    last: Option<&Release>,
    spec: &Value,
) {
    let repository = pass.context.delivery.repositories.get(&artifact.repository);
    let files = repository
        .map(|it| it.files(artifact.commit))
        .unwrap_or_default();
    let key = pass.found.key.clone();
    let wanted = match wanted(&pass.trial, &key, spec, artifact, files, last.is_some()) {
        Ok(wanted) => wanted,
        Err(why) => return ready(pass, false, "ValuesError", &why),
    };
    let asks = asked(pass, wanted.more);
    let differs = |field: &str| kept.asked.get(field) != asks.get(field);
    let is_new = differs("more") || differs("generation");
    let action = if last.is_some() { "upgrade" } else { "install" };
    let retries = retries(spec, action);
    let may_try = kept.failures > 0 && (retries < 0 || kept.failures <= retries);
    if !is_new && !may_try {
        let is_due = pass.context.now >= kept.at + interval(spec) || differs("requested");
        if let Some(last) = last.filter(|_| kept.failures == 0 && is_due) {
            correct(pass, spec, last);
            kept.at = pass.context.now;
        }
        kept.asked = asks;
        return keep(pass, kept);
    }
    if is_new {
        kept.failures = 0;
    }
    kept.asked = asks;
    kept.at = pass.context.now.max(1);
    keep(pass, kept);
    let timeout = time(spec, "timeout", 300_000);
    let why = eco_format!(
        "Running '{action}' action with timeout of {}",
        shown(timeout)
    );
    progressing(pass, &why);
    pass.ask(Ask::Release(key, Box::new(wanted.release)));
    // If Helm cannot even begin, no Secret says so.
    pass.plan.look_again(pass.context.timings.watch);
}

/// What a HelmRelease wants of Helm at a commit.
pub(super) struct Wanted {
    /// The chart's version, its revision if that counts, and the values: if none of them is another,
    /// there is nothing to do.
    pub more: Value,
    pub release: ReleaseAsked,
}

/// What an object wants of Helm, from the files of its source.
///
/// # Errors
/// What is wrong with its values.
pub(super) fn wanted(
    store: &Store,
    key: &Key,
    spec: &Value,
    artifact: &Artifact,
    files: Tree,
    is_installed: bool,
) -> Result<Wanted, EcoString> {
    let chart = spec.at(&["chart", "spec"]);
    let folder = render::join("", chart.get("chart").text()).unwrap_or_default();
    let values = values(store, &key.namespace, spec)
        .map_err(|why| eco_format!("could not resolve Helm chart values: {why}"))?;
    // By default only another version in Chart.yaml is another chart.
    let by_revision = chart.get("reconcileStrategy").text() == "Revision";
    let more = kube::map! {
        "version" => version_of(&files, &folder),
        "revision" => by_revision.then(|| artifact.revision.clone()),
        "values" => values.clone(),
    };
    let action = if is_installed { "upgrade" } else { "install" };
    let timeout = time(spec, "timeout", 300_000);
    let (namespace, name) = place(key, spec);
    let (paths, files) = with_values(chart, files, &values);
    let release = ReleaseAsked {
        repository: artifact.repository.clone(),
        files,
        commit: artifact.commit,
        upgrade: HelmUpgrade {
            release: name,
            chart: folder,
            namespace,
            values: paths,
            options: options(spec, action, timeout, retries(spec, action)),
            ..HelmUpgrade::default()
        },
    };
    Ok(Wanted { more, release })
}

fn retries(spec: &Value, action: &str) -> i64 {
    let retries = spec.at(&[action, "remediation", "retries"]);
    retries.as_int().unwrap_or(0)
}

/// The values files that Helm is given, with one of the object's own values as the last.
fn with_values(chart: &Value, mut files: Tree, values: &Value) -> (Vec<EcoString>, Tree) {
    let listed = chart.get("valuesFiles").items().iter();
    let mut paths: Vec<EcoString> = listed
        .filter_map(|path| render::join("", path.text()))
        .collect();
    files.insert(OWN_VALUES.into(), yaml::encode(values).into());
    paths.push(OWN_VALUES.into());
    (paths, files)
}

fn options(spec: &Value, action: &str, timeout: Millis, retries: i64) -> ActionOptions {
    let is_on = |field: &str| spec.at(&[action, field]).as_bool() == Some(true);
    ActionOptions {
        install: true,
        create_namespace: spec.at(&["install", "createNamespace"]).as_bool() == Some(true),
        wait: !is_on("disableWait"),
        wait_for_jobs: !is_on("disableWait") && !is_on("disableWaitForJobs"),
        no_hooks: is_on("disableHooks"),
        timeout_ms: i64::try_from(timeout).unwrap_or(i64::MAX),
        // A failed upgrade is rolled back, a failed installation removed, before it is tried again.
        rollback_on_failure: retries != 0,
        cleanup_on_fail: is_on("cleanupOnFail"),
        force_replace: is_on("force"),
        history_max: usize::try_from(spec.get("maxHistory").as_int().unwrap_or(5)).unwrap_or(5),
        ..ActionOptions::default()
    }
}

fn version_of(files: &Tree, folder: &str) -> EcoString {
    let path = render::join(folder, "Chart.yaml").unwrap_or_default();
    let chart = files.get(&path).and_then(|text| yaml::decode(text).ok());
    chart
        .map(|it| it.get("version").to_text())
        .unwrap_or_default()
}

/// The values: those of ConfigMaps and Secrets in order, then the object's own.
fn values(store: &Store, namespace: &str, spec: &Value) -> Result<Value, EcoString> {
    let mut all = kube::map! {};
    for from in spec.get("valuesFrom").items() {
        let of = |field: &str| from.get(field).text();
        let key = Key::new(of("kind"), namespace, of("name"));
        let field = match of("valuesKey") {
            "" => "values.yaml",
            field => field,
        };
        let Key {
            kind,
            namespace,
            name,
        } = &key;
        let lower = kind.to_lowercase();
        let found = store.get(&key);
        let text = found.map(|it| it.value.at(&["data", field]).clone());
        let text = match text {
            Some(Value::String(text)) if kind == "Secret" => decoded(&text),
            Some(Value::String(text)) => text,
            _ if from.get("optional").as_bool() == Some(true) => continue,
            Some(_) => {
                return Err(eco_format!(
                    "missing key '{field}' in {lower} '{namespace}/{name}'"
                ));
            }
            None => return Err(eco_format!("could not find {kind} '{namespace}/{name}'")),
        };
        let value = yaml::decode(&text);
        match (of("targetPath"), value) {
            ("", Ok(values)) => patch::merge(&mut all, &values),
            ("", Err(error)) => {
                return Err(eco_format!(
                    "unable to read values from key '{field}' in {lower} '{namespace}/{name}': {error}"
                ));
            }
            (path, value) => {
                let parts: Vec<&str> = path.split('.').collect();
                *all.entry_at(&parts) = value.unwrap_or(Value::String(text));
            }
        }
    }
    patch::merge(&mut all, spec.get("values"));
    Ok(all)
}

/// The text that a Secret has in base64.
fn decoded(text: &str) -> EcoString {
    EcoString::from(String::from_utf8_lossy(&kube::from_base64(text)))
}

/// Says how what was begun has ended.
fn tell(pass: &mut Pass<'_>, kept: &mut Memory, last: Option<&Release>) {
    let (namespace, name) = place(&pass.found.key, pass.spec());
    if let Some(why) = kept.refused.take() {
        let (action, reason) = match last {
            Some(_) => ("upgrade", "UpgradeFailed"),
            None => ("install", "InstallFailed"),
        };
        let chart = kept.asked.at(&["more", "version"]).text();
        let message = eco_format!(
            "Helm {action} failed for release {namespace}/{name} with chart {chart}: {why}"
        );
        kept.failures += 1;
        condition(pass, "Released", "False", reason, &message);
        return ready(pass, false, reason, &message);
    }
    let was_running = ready_condition(pass).get("reason").text() == "Progressing";
    let Some(last) = last.filter(|_| was_running) else {
        return;
    };
    let record = &last.record;
    let chart = eco_format!("{}@{}", record.metadata.name, record.metadata.version);
    let revision = record.revision;
    let (action, succeeded, failed) = match revision {
        1 => ("install", "InstallSucceeded", "InstallFailed"),
        _ => ("upgrade", "UpgradeSucceeded", "UpgradeFailed"),
    };
    let full = eco_format!("{namespace}/{name}.v{revision}");
    match (record.status, record.rollback_of) {
        (Status::Deployed, None) => {
            kept.failures = 0;
            let message =
                eco_format!("Helm {action} succeeded for release {full} with chart {chart}");
            condition(pass, "Released", "True", succeeded, &message);
            ready(pass, true, succeeded, &message);
        }
        (Status::Deployed, Some(before)) => {
            kept.failures += 1;
            let message = eco_format!(
                "Helm rollback to previous release {namespace}/{name}.v{before} with chart {chart} succeeded"
            );
            condition(pass, "Remediated", "True", "RollbackSucceeded", &message);
            ready(pass, false, "RollbackSucceeded", &message);
        }
        _ => {
            kept.failures += 1;
            let said = record.description.as_str();
            let why = said.split_once("failed: ").map_or(said, |(_, why)| why);
            let message = eco_format!(
                "Helm {action} failed for release {namespace}/{name} with chart {chart}: {why}"
            );
            condition(pass, "Released", "False", failed, &message);
            ready(pass, false, failed, &message);
        }
    }
    let history = pass.status().get("history").items().iter().take(4).cloned();
    let mut all = vec![kube::map! {
        "chartName" => record.metadata.name.as_str(),
        "chartVersion" => record.metadata.version.as_str(),
        "name" => name,
        "namespace" => namespace,
        "version" => i64::from(revision),
        "status" => record.status.as_str(),
    }];
    all.extend(history);
    pass.status_mut().set("history", all);
}

/// What is ignored, in the form of Argo CD's rules.
fn ignored(spec: &Value) -> Value {
    let rules = spec.at(&["driftDetection", "ignore"]).items().iter();
    let rules = rules.map(|rule| {
        let kind = rule.at(&["target", "kind"]).text();
        kube::map! {
            "kind" => if kind.is_empty() { "*" } else { kind },
            "group" => "*",
            "name" => rule.at(&["target", "name"]).clone(),
            "jsonPointers" => rule.get("paths").clone(),
        }
    });
    kube::map! { "ignoreDifferences" => rules.collect::<Value>() }
}

/// An object that is not as it was installed.
pub(super) struct Drift<'a> {
    pub key: Key,
    /// As it was installed.
    pub object: &'a Value,
    /// What it is to be, and what it is; none if it is gone.
    pub sides: Option<(Value, Value)>,
}

/// The objects of a release that are not as they were installed.
pub(super) fn drifted<'a>(
    store: &Store,
    now: Millis,
    spec: &Value,
    release: &'a Release,
) -> Vec<Drift<'a>> {
    let rules = ignored(spec);
    let look = |object: &'a Value| {
        let key = Key::of(object);
        let sides = store.get(&key).map(|live| {
            let mut git = diff::predict(store, now, live, object, object);
            let mut live = live.value.clone();
            ignore::without(&rules, &mut git, &mut live);
            (git, live)
        });
        let same = sides.as_ref().is_some_and(|(git, live)| git == live);
        (!same).then_some(Drift { key, object, sides })
    };
    release.objects.iter().filter_map(look).collect()
}

/// Whether the next look takes a drift back.
pub(super) fn will_correct(object: &Object, context: &Context<'_>, store: &Store) -> bool {
    let spec = object.spec();
    let enabled = spec.at(&["driftDetection", "mode"]).text() == "enabled";
    let ready = object.condition("Ready").get("status").text() == "True";
    let last = newest(&object.key, spec, context).filter(|_| enabled && ready);
    last.is_some_and(|it| !drifted(store, context.now, spec, it).is_empty())
}

/// Looks for drift, and takes it back if that is asked for.
fn correct(pass: &mut Pass<'_>, spec: &Value, release: &Release) {
    let mode = spec.at(&["driftDetection", "mode"]).text();
    let found = match mode {
        "enabled" | "warn" => drifted(&pass.trial, pass.context.now, spec, release),
        _ => Vec::new(),
    };
    if found.is_empty() {
        return;
    }
    let record = &release.record;
    let full = eco_format!("{}/{}.v{}", record.namespace, record.name, record.revision);
    let mut lines = EcoString::new();
    for Drift { key, sides, .. } in &found {
        lines.push('\n');
        lines.push_str(&match sides {
            None => eco_format!("{} removed", key.path()),
            Some((git, live)) => summary(key, git, live),
        });
    }
    let message =
        eco_format!("Cluster state of release {full} has drifted from the desired state:{lines}");
    pass.event(Note::warning("event", "DriftDetected", message));
    if mode == "warn" {
        return;
    }
    let mut lines = EcoString::new();
    for Drift { key, object, sides } in found {
        let why = texts::delivery::puts_back(&key);
        let note = Note::story("patch", "DriftCorrected", why);
        let (verb, word) = match sides {
            None => (Verb::Create(object.clone()), "created"),
            Some((_, live)) => {
                let target = ignore::respected(&ignored(spec), object, &live);
                let Ok((how, change)) = patch::three_way(&target, &target, &live) else {
                    continue;
                };
                (Verb::Patch(how, change), "configured")
            }
        };
        if pass.write(&key, verb, note).is_ok() {
            lines.push_str(&eco_format!("\n{} {word}", key.path()));
        }
    }
    let message = eco_format!("Cluster state of release {full} has been corrected:{lines}");
    pass.event(Note::story("event", "DriftCorrected", message));
}
