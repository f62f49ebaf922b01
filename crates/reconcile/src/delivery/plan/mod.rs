//! What a change will do to the cluster, before it is merged: the upgrade is tried on a copy of the
//! cluster, and what is stored before and after is compared object by object, path by path.
//!
//! The question is always the same: did `.spec.template` change? A Deployment's ReplicaSets differ
//! by their template alone (`EqualIgnoreHash` in Kubernetes' `deployment_util.go`). In the order of
//! a first reading: [`trial`] asks the API server, `diff` compares, `effects` says what a difference
//! does to pods, `readers` who reads a ConfigMap, and `source` where it is written.

mod diff;
mod effects;
mod readers;
mod source;
mod tool;
pub mod trial;

pub(crate) use diff::Step;
pub(crate) use readers::reading;
pub(crate) use source::place_objects;
pub use source::{Places, Side, Sources};
pub use tool::Tool;

use self::diff::{Difference, differences};
use self::effects::{Changed, Stores, Verdict, bounds, dependants, judge, pods_of};
use self::trial::{Cluster, Outcome, Refusal, is_kept};
use super::git::Tree;
use super::rehearsal::Failure;
use crate::gitops::LAST_APPLIED;
use crate::texts;
use crate::view::{Effect, PathChange, PathEffect, PlanRow};
use ecow::{EcoString, eco_format};
use kube::warnings::template_path;
use kube::{Key, Value};
use yaml::json::Style;

/// A change, and the cluster that it is to be made in.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The cluster before.
    pub cluster: &'a Cluster,
    /// The repository's files before.
    pub old_files: &'a Tree,
    /// And after.
    pub new_files: &'a Tree,
    /// What is installed, as it was rendered; nothing if it is the first time.
    pub old: &'a [Value],
    /// Its hooks.
    pub old_hooks: &'a [HookObject],
    /// What is to be installed, in the order of installation.
    pub new: &'a [Value],
    /// Its hooks.
    pub new_hooks: &'a [HookObject],
    /// Where all that is written.
    pub sources: &'a Sources,
    /// Who does it.
    pub tool: Tool,
}

/// An object that is run at points of a release's life.
#[derive(Clone, Debug, PartialEq)]
pub struct HookObject {
    /// The object.
    pub object: Value,
    /// When it is run: `pre-upgrade`, `test`…
    pub events: Vec<String>,
}

/// Says what a change will do, one row an object; a single row about the whole if no object changes.
#[must_use]
pub fn plan(change: &Change<'_>) -> Vec<PlanRow> {
    let mut trial = change.cluster.clone();
    let outcome = trial.upgrade(change.old, change.new, change.tool);
    let stores = Stores {
        before: &change.cluster.store,
        after: &trial.store,
    };
    let mut keys: Vec<Key> = change.old.iter().chain(change.new).map(Key::of).collect();
    lean::sort(&mut keys);
    keys.dedup();
    let objects = keys
        .iter()
        .filter_map(|key| object_row(change, stores, &outcome, key));
    let mut rows: Vec<PlanRow> = objects.collect();
    for (key, warnings) in &outcome.warnings {
        let name = name_of(key);
        let of_object = rows.iter_mut().filter(|row| row.object == name);
        of_object.for_each(|row| row.warnings.clone_from(warnings));
    }
    rows.extend(hook_rows(change));
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
    let sentence = texts::plan::step_will_fail(step, job, error.trim());
    vec![whole(Effect::None, sentence)]
}

/// The plan of a change for which no workflow calls `helm upgrade`.
#[must_use]
pub fn not_deployed() -> Vec<PlanRow> {
    vec![whole(Effect::None, texts::plan::NOT_DEPLOYED.into())]
}

/// A row about the change as a whole.
pub(crate) fn whole(effect: Effect, sentence: EcoString) -> PlanRow {
    PlanRow {
        object: EcoString::new(),
        effect,
        pods: 0,
        sentence,
        source: EcoString::new(),
        paths: Vec::new(),
        warnings: Vec::new(),
    }
}

/// `Deployment/shop/order-service`; without the namespace for objects that have none.
#[must_use]
pub fn name_of(key: &Key) -> EcoString {
    let Key {
        kind,
        namespace,
        name,
    } = key;
    match namespace.as_str() {
        "" => eco_format!("{kind}/{name}"),
        _ => eco_format!("{kind}/{namespace}/{name}"),
    }
}

/// A row about an object as a whole.
fn row(change: &Change<'_>, key: &Key, verdict: Verdict) -> PlanRow {
    let Sources { old, new } = change.sources;
    let (old, new) = (old.place(key), new.place(key));
    PlanRow {
        object: name_of(key),
        effect: verdict.effect,
        pods: verdict.pods,
        sentence: verdict.sentence,
        source: if new.is_empty() { old } else { new },
        paths: Vec::new(),
        warnings: Vec::new(),
    }
}

/// What happens to one object; none if nothing does.
fn object_row(
    change: &Change<'_>,
    stores: Stores<'_>,
    outcome: &Outcome,
    key: &Key,
) -> Option<PlanRow> {
    if let Some((_, refusal)) = outcome.refused.iter().find(|(refused, _)| refused == key) {
        return Some(rejected(change, stores, key, refusal));
    }
    let gone = |object: &kube::Object| object.meta.deleted.is_some();
    match (stores.before.get(key), stores.after.get(key)) {
        (None, None) => not_reached(change, outcome, key),
        (None, Some(new)) => Some(row(change, key, created(stores, &new.value))),
        (Some(old), None) => Some(row(change, key, deleted(change, stores, key, &old.value))),
        (Some(old), Some(new)) if gone(new) && !gone(old) => {
            Some(row(change, key, deleted(change, stores, key, &old.value)))
        }
        (Some(old), Some(new)) => changed(change, stores, outcome, key, &old.value, &new.value),
    }
}

fn created(stores: Stores<'_>, object: &Value) -> Verdict {
    if object.at(&["spec", "paused"]).as_bool() == Some(true) {
        let why = texts::plan::CREATED_PAUSED;
        return Verdict::new(Effect::Created, 0, why);
    }
    let count = pods_of(stores.after, object);
    let moved = match object.get("kind").text() {
        "HorizontalPodAutoscaler" => bounds(stores.after, object),
        _ => None,
    };
    if let Some((count, why)) = moved {
        let sentence = texts::plan::created_and_scales(&why);
        return Verdict::new(Effect::Created, count, sentence);
    }
    let sentence = match count {
        0 => texts::plan::CREATED.into(),
        _ => texts::plan::created_with(count),
    };
    Verdict::new(Effect::Created, count, sentence)
}

fn deleted(change: &Change<'_>, stores: Stores<'_>, key: &Key, object: &Value) -> Verdict {
    let gone = change.tool.words().gone;
    let count = pods_of(stores.before, object);
    let left = dependants(stores.after, key);
    let sentence = texts::plan::deleted(count, gone, &left);
    Verdict::new(Effect::Deleted, count, sentence)
}

/// An object that was not there and is not: the tool stopped before it came to it.
fn not_reached(change: &Change<'_>, outcome: &Outcome, key: &Key) -> Option<PlanRow> {
    let stopped = outcome.stopped.as_ref()?;
    let is_wanted = change.new.iter().any(|object| Key::of(object) == *key);
    let why = change.tool.not_reached(stopped);
    is_wanted.then(|| row(change, key, Verdict::new(Effect::None, 0, why)))
}

/// An object that the API server refuses: it stays as it is.
fn rejected(change: &Change<'_>, stores: Stores<'_>, key: &Key, refusal: &Refusal) -> PlanRow {
    let is_there = stores.before.get(key).is_some();
    let fails = change.tool.words().fails;
    let sentence = texts::plan::refused(is_there, fails, &refusal.message);
    let mut row = row(change, key, Verdict::new(Effect::Rejected, 0, sentence));
    let find = |objects: &[Value]| {
        let found = objects.iter().find(|object| Key::of(object) == *key);
        found.cloned().unwrap_or_default()
    };
    let wanted = differences(&find(change.old), &find(change.new));
    for (field, message) in &refusal.fields {
        let at = wanted.iter().find(|difference| {
            let path = difference.path();
            path.starts_with(field.as_str()) || field.starts_with(path.as_str())
        });
        let side = |pick: fn(&Difference) -> &Value| at.map(pick).map(json).unwrap_or_default();
        row.paths.push(PathEffect {
            change: PathChange {
                path: field.clone(),
                old: side(|it| &it.old),
                new: side(|it| &it.new),
            },
            effect: Effect::Rejected,
            pods: 0,
            reason: message.clone(),
            source: at.map_or_else(
                || row.source.clone(),
                |it| change.sources.find(key, &it.steps, it.new.is_null()),
            ),
        });
    }
    row
}

/// What the API server keeps of its own accord, and what says nothing of what is wanted.
const SERVER: [&str; 6] = [
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
];

/// An object without its status and what the server writes.
fn wanted(object: &Value) -> Value {
    let mut object = object.clone();
    object.set("status", Value::Null);
    for field in SERVER {
        object.entry("metadata").set(field, Value::Null);
    }
    object
}

/// What a changed object does; none if it did not change.
fn changed(
    change: &Change<'_>,
    stores: Stores<'_>,
    outcome: &Outcome,
    key: &Key,
    old: &Value,
    new: &Value,
) -> Option<PlanRow> {
    let mut paths = differences(&wanted(old), &wanted(new));
    // The class of an object's API is no part of it.
    paths.retain(|path| path.key(0) != "apiVersion");
    let verdicts = judge(
        stores,
        &Changed {
            key,
            old,
            new,
            paths: &paths,
        },
    );
    // The sentence for the object is that of its template, if that is as grave as any.
    let told = paths.iter().zip(&verdicts);
    let gravest = told.clone().min_by_key(|(path, verdict)| {
        let is_template = path.is_under(&["spec", "template"]);
        (verdict.effect, !is_template)
    });
    let Some((_, gravest)) = gravest else {
        return unchanged(change, outcome, key, new);
    };
    let mut row = row(change, key, gravest.clone());
    row.pods = verdicts
        .iter()
        .filter(|verdict| verdict.effect == row.effect)
        .map(|verdict| verdict.pods)
        .max()
        .unwrap_or(0);
    row.paths = told
        .map(|(path, verdict)| told_path(change, key, path, verdict))
        .collect();
    Some(row)
}

fn told_path(change: &Change<'_>, key: &Key, path: &Difference, verdict: &Verdict) -> PathEffect {
    let is_secret = key.kind == "Secret" && matches!(path.key(0), "data" | "stringData");
    let shown = |value: &Value| match is_secret && !value.is_null() {
        true => "REDACTED".into(),
        false => json(value),
    };
    PathEffect {
        change: PathChange {
            path: path.path(),
            old: shown(&path.old),
            new: shown(&path.new),
        },
        effect: verdict.effect,
        pods: verdict.pods,
        reason: verdict.sentence.clone(),
        source: change.sources.find(key, &path.steps, path.new.is_null()),
    }
}

/// An object that is stored as it was, though its manifest differs, or is gone from the release.
fn unchanged(change: &Change<'_>, outcome: &Outcome, key: &Key, live: &Value) -> Option<PlanRow> {
    let find = |objects: &'_ [Value]| objects.iter().find(|it| Key::of(it) == *key).cloned();
    let (old, new) = (find(change.old)?, find(change.new));
    let why: EcoString = match &new {
        None if is_kept(live) => texts::plan::KEPT_BY_POLICY.into(),
        None => change.tool.words().stays.into(),
        Some(new) if *new == old => return None,
        Some(_) if outcome.stopped.is_some() => {
            let stopped = outcome.stopped.as_ref()?;
            change.tool.not_reached(stopped)
        }
        Some(_) => texts::plan::SAME_AS_STORED.into(),
    };
    let verdict = Verdict::new(Effect::None, 0, why);
    let mut row = row(change, key, verdict.clone());
    let paths = differences(&old, &new.unwrap_or_default());
    if row.paths.is_empty() && paths.iter().all(|path| !path.steps.is_empty()) {
        let told = paths.iter();
        row.paths = told
            .map(|path| told_path(change, key, path, &verdict))
            .collect();
    }
    Some(row)
}

/// The hooks that differ.
fn hook_rows(change: &Change<'_>) -> Vec<PlanRow> {
    let hooks = change.old_hooks.iter().chain(change.new_hooks);
    let mut keys: Vec<Key> = hooks.map(|hook| Key::of(&hook.object)).collect();
    lean::sort(&mut keys);
    keys.dedup();
    let find = |hooks: &'_ [HookObject], key: &Key| {
        hooks.iter().find(|it| Key::of(&it.object) == *key).cloned()
    };
    let told = |key: &Key| {
        let (old, new) = (find(change.old_hooks, key), find(change.new_hooks, key));
        if old == new {
            return None;
        }
        let paths = match (&old, &new) {
            (Some(old), Some(new)) => differences(&old.object, &new.object),
            _ => Vec::new(),
        };
        let verdict = hook_verdict(change, old.is_some(), new.as_ref());
        let mut row = row(change, key, verdict.clone());
        let told = paths.iter();
        row.paths = told
            .map(|path| told_path(change, key, path, &verdict))
            .collect();
        Some(row)
    };
    keys.iter().filter_map(told).collect()
}

fn hook_verdict(change: &Change<'_>, was_there: bool, new: Option<&HookObject>) -> Verdict {
    let Some(new) = new else {
        return Verdict::new(Effect::None, 0, texts::plan::NO_HOOK_ANY_MORE);
    };
    // Nothing was installed: then the hooks of an installation run.
    let is_first = change.old.is_empty() && change.old_hooks.is_empty();
    let words = change.tool.words();
    let wanted = match is_first {
        true => words.first_hooks,
        false => words.hooks,
    };
    let Some(event) = new
        .events
        .iter()
        .find(|event| wanted.contains(&event.as_str()))
    else {
        let events = new.events.join(", ");
        let why = texts::plan::hook_not_run(&events, words.act);
        return Verdict::new(Effect::None, 0, why);
    };
    if let Err(refusal) = change.cluster.try_hook(&new.object) {
        let why = texts::plan::hook_refused(event, words.fails, &refusal.message);
        return Verdict::new(Effect::Rejected, 0, why);
    }
    match was_there {
        true => {
            let why = texts::plan::hook_made_anew(event);
            Verdict::new(Effect::Recreated, 0, why)
        }
        false => {
            let why = texts::plan::hook_made(event);
            Verdict::new(Effect::Created, 0, why)
        }
    }
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
        return texts::plan::NO_FILE_DIFFERS.into();
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
        return texts::plan::ONLY_COMMENTS.into();
    }
    let is_values = |path: &&EcoString| path.ends_with("values.yaml");
    if changed
        .iter()
        .all(|path| is_values(path) || is_same_data(path))
    {
        return texts::plan::VALUES_OF_NO_USE.into();
    }
    match changed.as_slice() {
        [only] => texts::plan::file_of_no_use(only),
        _ => texts::plan::FILES_OF_NO_USE.into(),
    }
}

/// The paths at which two values differ, in their order.
pub(crate) fn changes(old: &Value, new: &Value) -> Vec<PathChange> {
    let changes = differences(old, new).into_iter();
    let row = |it: Difference| PathChange {
        path: it.path(),
        old: json(&it.old),
        new: json(&it.new),
    };
    changes.map(row).collect()
}

/// How many paths are named where there is little room.
const FEW: usize = 3;

/// The paths at which a write changed what is wanted of an object: those inside its template of pods,
/// and the others.
pub(crate) fn changed_paths(
    kind: &str,
    old: &Value,
    new: &Value,
) -> (Vec<EcoString>, Vec<EcoString>) {
    let template = template_path(kind);
    let (mut inside, mut elsewhere) = (Vec::new(), Vec::new());
    for it in differences(&wanted(old), &wanted(new)) {
        if it.is_under(&["metadata", "annotations", LAST_APPLIED]) {
            continue;
        }
        match template.is_some_and(|template| it.is_under(template)) {
            true => inside.push(it.path()),
            false => elsewhere.push(it.path()),
        }
    }
    (inside, elsewhere)
}

/// The first of some paths or names, and how many more there are.
pub(crate) fn few(mut all: Vec<EcoString>) -> Vec<EcoString> {
    if let Some(more) = all.len().checked_sub(FEW).filter(|more| 0 < *more) {
        all.truncate(FEW);
        all.push(texts::delivery::more(more));
    }
    all
}

/// A value as JSON; empty for null, which is how an absent one looks.
pub(crate) fn json(value: &Value) -> EcoString {
    if value.is_null() {
        return EcoString::new();
    }
    let style = Style {
        indent: None,
        is_html_escaped: false,
    };
    yaml::json::encode(value, style)
}
