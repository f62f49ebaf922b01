//! What a change will do to the cluster, before it is merged: rendered manifests compared object by
//! object, and said in one sentence each.
//!
//! The question is always the same: did `.spec.template` change? A Deployment's ReplicaSets differ
//! by their template alone (`EqualIgnoreHash` in Kubernetes' `deployment_util.go`).

use super::git::Tree;
use super::rehearsal::Failure;
use crate::view::{Effect, PathChange, PlanRow};
use ecow::{EcoString, eco_format};
use std::collections::BTreeMap;
use yaml::Value;

/// Both sides of a change.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The namespace that objects without one go to.
    pub namespace: &'a str,
    /// The repository's files before.
    pub old_files: &'a Tree,
    /// And after.
    pub new_files: &'a Tree,
    /// The manifests before, as rendered; empty if nothing is installed.
    pub old: &'a [Value],
    /// And after.
    pub new: &'a [Value],
}

/// Says what a change will do, one row an object; a single row about the whole if no object changes.
#[must_use]
pub fn plan(change: &Change<'_>) -> Vec<PlanRow> {
    let (old, new) = (by_name(change.old, change), by_name(change.new, change));
    let rolled: Vec<&EcoString> = new
        .iter()
        .filter(|(name, object)| old.get(*name).is_some_and(|old| rolls(old, object)))
        .map(|(name, _)| name)
        .collect();
    let workloads: Vec<Workload<'_>> = new
        .iter()
        .filter(|(_, object)| is_workload(object))
        .map(|(name, object)| Workload {
            name,
            object,
            is_rolled: rolled.contains(&name),
        })
        .collect();

    let mut rows = Vec::new();
    for (name, after) in &new {
        match old.get(name) {
            None => rows.push(created(name, after)),
            Some(before) => rows.extend(changed(name, before, after, &workloads)),
        }
    }
    rows.extend(
        old.iter()
            .filter(|(name, _)| !new.contains_key(*name))
            .map(|(name, o)| deleted(name, o)),
    );
    lean::sort_by_key(&mut rows, |row| row.effect);
    if rows.is_empty() {
        rows.push(whole(Effect::None, why_nothing(change)));
    }
    rows
}

/// The plan of a change whose workflow will fail.
#[must_use]
pub fn stopped(failure: &Failure) -> Vec<PlanRow> {
    let Failure { job, step, error } = failure;
    let error = match error.trim() {
        "" => EcoString::new(),
        error => eco_format!(" ({error})"),
    };
    let sentence = eco_format!(
        "Nothing reaches the cluster: step \"{step}\" of job {job} will fail{error}, and what comes \
         after it is skipped."
    );
    vec![whole(Effect::None, sentence)]
}

/// The plan of a change for which no workflow calls `helm upgrade`.
#[must_use]
pub fn not_deployed() -> Vec<PlanRow> {
    let sentence =
        "Nothing reaches the cluster: no workflow that the merge starts calls `helm upgrade`.";
    vec![whole(Effect::None, sentence.into())]
}

fn whole(effect: Effect, sentence: EcoString) -> PlanRow {
    PlanRow {
        object: EcoString::new(),
        effect,
        pods: 0,
        sentence,
        paths: Vec::new(),
    }
}

/// A workload of the new side, for finding out who reads a ConfigMap.
struct Workload<'a> {
    name: &'a EcoString,
    object: &'a Value,
    is_rolled: bool,
}

/// Objects by `Kind/namespace/name`; without the namespace for those that have none.
fn by_name<'a>(objects: &'a [Value], change: &Change<'_>) -> BTreeMap<EcoString, &'a Value> {
    let named = objects
        .iter()
        .filter(|object| !object.is_null())
        .map(|object| {
            let (kind, name) = (
                object.get("kind").text(),
                object.at(&["metadata", "name"]).text(),
            );
            let namespace = match object.at(&["metadata", "namespace"]).text() {
                "" => change.namespace,
                namespace => namespace,
            };
            let is_namespaced = kube::kind_info(kind).is_none_or(|info| info.namespaced);
            match is_namespaced {
                true => (eco_format!("{kind}/{namespace}/{name}"), object),
                false => (eco_format!("{kind}/{name}"), object),
            }
        });
    lean::map(named)
}

fn is_workload(object: &Value) -> bool {
    matches!(
        object.get("kind").text(),
        "Deployment" | "StatefulSet" | "DaemonSet"
    )
}

/// How many pods it asks for; 1 if it says nothing, as the API server fills in.
fn replicas(object: &Value) -> u32 {
    match object.at(&["spec", "replicas"]) {
        Value::Null => 1,
        number => number
            .as_int()
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0),
    }
}

fn template(object: &Value) -> &Value {
    object.at(&["spec", "template"])
}

fn rolls(old: &Value, new: &Value) -> bool {
    is_workload(new) && template(old) != template(new)
}

fn pods(count: u32) -> EcoString {
    if count == 1 {
        "1 pod".into()
    } else {
        eco_format!("{count} pods")
    }
}

fn created(name: &EcoString, object: &Value) -> PlanRow {
    let count = if is_workload(object) {
        replicas(object)
    } else {
        0
    };
    let sentence = match count {
        0 => "Will be created.".into(),
        _ => eco_format!("Will be created, with {}.", pods(count)),
    };
    PlanRow {
        object: name.clone(),
        effect: Effect::Created,
        pods: count,
        sentence,
        paths: Vec::new(),
    }
}

fn deleted(name: &EcoString, object: &Value) -> PlanRow {
    let is_kept = object
        .at(&["metadata", "annotations", "helm.sh/resource-policy"])
        .text()
        == "keep";
    let count = if is_workload(object) && !is_kept {
        replicas(object)
    } else {
        0
    };
    let sentence = match count {
        _ if is_kept => "Leaves the release, and stays: its resource policy is keep.".into(),
        0 => "Will be deleted: the chart no longer renders it.".into(),
        _ => eco_format!(
            "Will be deleted with its {}: the chart no longer renders it.",
            pods(count)
        ),
    };
    PlanRow {
        object: name.clone(),
        effect: Effect::Deleted,
        pods: count,
        sentence,
        paths: Vec::new(),
    }
}

/// What a changed object does; none if it did not change.
fn changed(
    name: &EcoString,
    old: &Value,
    new: &Value,
    workloads: &[Workload<'_>],
) -> Option<PlanRow> {
    let mut paths = Vec::new();
    differences(old, new, &EcoString::new(), &mut paths);
    // Both sides go to the same namespace, or they would have different names here.
    paths.retain(|change| change.path != "metadata.namespace");
    if paths.is_empty() {
        return None;
    }
    let (effect, count, sentence) = match new.get("kind").text() {
        "Deployment" => deployment(old, new, &paths),
        _ if rolls(old, new) => (
            Effect::Rolls,
            replicas(new),
            "Its `.spec.template` changes: new pods replace the old ones.".into(),
        ),
        kind @ ("ConfigMap" | "Secret") => configuration(kind, new, workloads),
        "Service" => {
            let sentence = "Changes in place: no pod restarts, and requests follow the new rules.";
            (Effect::InPlace, 0, sentence.into())
        }
        _ => (
            Effect::InPlace,
            0,
            "Changes in place: no pod restarts because of it.".into(),
        ),
    };
    Some(PlanRow {
        object: name.clone(),
        effect,
        pods: count,
        sentence,
        paths,
    })
}

fn deployment(old: &Value, new: &Value, paths: &[PathChange]) -> (Effect, u32, EcoString) {
    let (from, to) = (replicas(old), replicas(new));
    let selector = ["spec", "selector"];
    if old.at(&selector) != new.at(&selector) {
        let sentence = "Will be refused: `spec.selector` of a Deployment can never change. Delete it \
                        first, or keep the labels.";
        return (Effect::None, 0, sentence.into());
    }
    if template(old) != template(new) && new.at(&["spec", "paused"]).as_bool() == Some(true) {
        let sentence = eco_format!(
            "Nothing rolls yet: it is paused. New pods follow once it is resumed, because {} in \
             `.spec.template`.",
            template_changes(paths)
        );
        return (Effect::InPlace, 0, sentence);
    }
    if template(old) != template(new) {
        return (Effect::Rolls, to, rolling(new, from, paths));
    }
    if from == to {
        let sentence =
            "Changes in place: nothing inside `.spec.template` differs, so no pod is replaced.";
        return (Effect::InPlace, 0, sentence.into());
    }
    let verb = if to > from { "adds" } else { "removes" };
    let sentence = eco_format!(
        "Scales from {from} to {to}: {verb} {}. `.spec.template` stays the same, so there is no new \
         ReplicaSet and no pod is replaced.",
        pods(from.abs_diff(to))
    );
    (Effect::Scales, from.abs_diff(to), sentence)
}

fn rolling(new: &Value, from: u32, paths: &[PathChange]) -> EcoString {
    let to = replicas(new);
    let is_recreated = new.at(&["spec", "strategy", "type"]).text() == "Recreate";
    let what = match to {
        0 => "Gets a new ReplicaSet without pods".into(),
        1 if is_recreated => "Stops the old pod first, then starts a new one".into(),
        _ if is_recreated => eco_format!("Stops all old pods first, then starts {to} new ones"),
        1 => "Replaces its pod".into(),
        _ => eco_format!("Replaces all {to} pods"),
    };
    let scales = match from == to {
        true => EcoString::new(),
        false => eco_format!(", and scales from {from} to {to}"),
    };
    eco_format!(
        "{what}, because {} in `.spec.template`{scales}.",
        template_changes(paths)
    )
}

/// `the image changes`, `env ORDER_TIMEOUT and the image change`…: what differs in the template, by
/// the words people use.
fn template_changes(paths: &[PathChange]) -> EcoString {
    let mut things: Vec<EcoString> = Vec::new();
    for change in paths {
        let Some(path) = change.path.strip_prefix("spec.template.") else {
            continue;
        };
        let thing = if path.ends_with("].image") {
            "the image".into()
        } else if let Some((_, rest)) = path.split_once(".env[") {
            let name = rest.split(']').next().unwrap_or_default();
            if name.bytes().all(|byte| byte.is_ascii_digit()) {
                "the environment".into()
            } else {
                eco_format!("env {name}")
            }
        } else {
            eco_format!("`{path}`")
        };
        if !things.contains(&thing) {
            things.push(thing);
        }
    }
    let more = things.len().saturating_sub(3);
    things.truncate(3);
    if more > 0 {
        things.push(eco_format!("{more} more"));
    }
    match things.split_last() {
        None => "something changes".into(),
        Some((only, [])) => eco_format!("{only} changes"),
        Some((last, rest)) => eco_format!("{} and {last} change", rest.join(", ")),
    }
}

/// A ConfigMap or Secret: variables are read once, at a container's start; mounted files follow.
fn configuration(kind: &str, new: &Value, workloads: &[Workload<'_>]) -> (Effect, u32, EcoString) {
    let name = new.at(&["metadata", "name"]).text();
    let mut stale = Vec::new();
    let (mut count, mut is_mounted, mut is_read) = (0, false, false);
    for workload in workloads {
        let (by_env, by_file) = reads(template(workload.object).get("spec"), kind, name);
        is_read |= by_env || by_file;
        if by_env && !workload.is_rolled {
            stale.push(workload.name.clone());
            count += replicas(workload.object);
        }
        is_mounted |= by_file && !workload.is_rolled;
    }
    if !stale.is_empty() {
        let sentence = eco_format!(
            "Changes, but the {} of {} read it into their environment when they started: they keep the \
             old values until they are restarted.",
            pods(count),
            stale.join(", ")
        );
        return (Effect::NeedsRestart, count, sentence);
    }
    let sentence = if is_mounted {
        "Changes in place: the mounted files follow within about a minute, and no pod restarts."
    } else if is_read {
        "Changes in place: the pods that read it are replaced by this change anyway."
    } else {
        "Changes in place: no pod reads it."
    };
    (Effect::InPlace, 0, sentence.into())
}

/// Whether a pod reads a ConfigMap or Secret into its environment, and whether it mounts it.
fn reads(pod: &Value, kind: &str, name: &str) -> (bool, bool) {
    let (env_from, env, volume, volume_name) = match kind {
        "ConfigMap" => ("configMapRef", "configMapKeyRef", "configMap", "name"),
        _ => ("secretRef", "secretKeyRef", "secret", "secretName"),
    };
    let containers = ["initContainers", "containers"];
    let by_env = containers
        .iter()
        .flat_map(|list| pod.get(list).items())
        .any(|container| {
            let whole = container
                .get("envFrom")
                .items()
                .iter()
                .map(|from| from.at(&[env_from, "name"]));
            let single = container
                .get("env")
                .items()
                .iter()
                .map(|item| item.at(&["valueFrom", env, "name"]));
            whole
                .chain(single)
                .any(|reference| reference.text() == name)
        });
    let by_file = pod.get("volumes").items().iter().any(|item| {
        let projected = item.at(&["projected", "sources"]).items();
        item.at(&[volume, volume_name]).text() == name
            || projected
                .iter()
                .any(|source| source.at(&[volume, "name"]).text() == name)
    });
    (by_env, by_file)
}

/// Why no object changes, from what the files say.
fn why_nothing(change: &Change<'_>) -> EcoString {
    let paths = change.old_files.keys().chain(change.new_files.keys());
    let mut changed: Vec<&EcoString> = paths
        .filter(|path| change.old_files.get(*path) != change.new_files.get(*path))
        .collect();
    lean::sort(&mut changed);
    changed.dedup();
    if changed.is_empty() {
        return "Nothing happens: no file differs.".into();
    }
    let is_same_data = |path: &&EcoString| {
        let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
        let data = |files: &Tree| {
            files
                .get(*path)
                .and_then(|text| yaml::decode_all(text).ok())
        };
        let (old, new) = (data(change.old_files), data(change.new_files));
        is_yaml && old.is_some() && old == new
    };
    if changed.iter().all(is_same_data) {
        return "Nothing happens: only comments or formatting differ. Helm records a new revision with \
                the same manifests, and Kubernetes sees no change."
            .into();
    }
    let is_values = |path: &&EcoString| path.ends_with("values.yaml");
    if changed
        .iter()
        .all(|path| is_values(path) || is_same_data(path))
    {
        return "Nothing happens: the values differ, but the chart renders the same manifests from them. \
                No template uses what was changed, or it is overridden when the release is upgraded."
            .into();
    }
    eco_format!(
        "Nothing happens: the manifests and the image stay the same. {} no part in either.",
        match changed.as_slice() {
            [only] => eco_format!("{only} has"),
            _ => "The changed files have".into(),
        }
    )
}

/// How deep differences are looked for; what differs below is one difference.
const DEPTH_MAX: usize = 64;

/// Collects the paths at which two values differ. Items of lists whose items have names are matched
/// by name (`env[LOG_LEVEL]`), others by their place (`containers[0]`).
fn differences(old: &Value, new: &Value, path: &EcoString, out: &mut Vec<PathChange>) {
    if old == new {
        return;
    }
    let is_shallow = path.matches(['.', '[']).count() < DEPTH_MAX;
    match (old, new) {
        (Value::Map(a), Value::Map(b)) if is_shallow => {
            let mut keys: Vec<&EcoString> = a.keys().chain(b.keys()).collect();
            lean::sort(&mut keys);
            keys.dedup();
            for key in keys {
                let path = match path.as_str() {
                    _ if key.contains(['.', '/']) => eco_format!("{path}[{key}]"),
                    "" => key.clone(),
                    _ => eco_format!("{path}.{key}"),
                };
                differences(old.get(key), new.get(key), &path, out);
            }
        }
        (Value::List(a), Value::List(b)) if is_shallow => {
            for (label, old, new) in pairs(a, b) {
                differences(old, new, &eco_format!("{path}[{label}]"), out);
            }
        }
        _ => out.push(PathChange {
            path: path.clone(),
            old: json(old),
            new: json(new),
        }),
    }
}

/// The items of two lists that belong together, with what to call them.
fn pairs<'a>(a: &'a [Value], b: &'a [Value]) -> Vec<(EcoString, &'a Value, &'a Value)> {
    let names = |items: &'a [Value]| -> Option<BTreeMap<&'a str, &'a Value>> {
        let named = items
            .iter()
            .filter_map(|item| Some((item.get("name").as_str()?, item)));
        let named = lean::map(named);
        (named.len() == items.len()).then_some(named)
    };
    // A single container is easier to find as `containers[0]`, whatever it is called.
    let is_single = a.len() == 1 && b.len() == 1;
    match (names(a), names(b)) {
        (Some(old), Some(new)) if !is_single => {
            let mut keys: Vec<&str> = old.keys().chain(new.keys()).copied().collect();
            lean::sort(&mut keys);
            keys.dedup();
            let find = |side: &BTreeMap<&str, &'a Value>, key| side.get(key).copied();
            keys.into_iter()
                .map(|key| {
                    let (old, new) = (find(&old, key), find(&new, key));
                    (
                        key.into(),
                        old.unwrap_or(&Value::NULL),
                        new.unwrap_or(&Value::NULL),
                    )
                })
                .collect()
        }
        _ => (0..a.len().max(b.len()))
            .map(|at| {
                let item = |list: &'a [Value]| list.get(at).unwrap_or(&Value::NULL);
                (eco_format!("{at}"), item(a), item(b))
            })
            .collect(),
    }
}

/// A value as JSON; empty for null, which is how an absent one looks.
pub(crate) fn json(value: &Value) -> EcoString {
    let mut out = String::new();
    if !value.is_null() {
        write_json(value, &mut out);
    }
    out.into()
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&yaml::number::format_json(*number)),
        Value::String(text) => write_json_text(text, out),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json_text(key, out);
                out.push(':');
                write_json(item, out);
            }
            out.push('}');
        }
    }
}

fn write_json_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
