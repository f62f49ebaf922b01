//! What a changed object does to pods, path by path.

use super::diff::Difference;
use super::few;
use super::readers::{Reading, reading};
use super::trial::target_of;
use crate::texts;
use crate::view::Effect;
use ecow::{EcoString, eco_format};
use kube::{Key, Object, Store, Value, selector};

/// What a path of an object does.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub effect: Effect,
    pub pods: u32,
    pub sentence: EcoString,
}

impl Verdict {
    pub fn new(effect: Effect, pods: u32, sentence: impl Into<EcoString>) -> Verdict {
        Verdict {
            effect,
            pods,
            sentence: sentence.into(),
        }
    }

    fn in_place(sentence: impl Into<EcoString>) -> Verdict {
        Verdict::new(Effect::InPlace, 0, sentence)
    }
}

/// The cluster before a change and after it.
#[derive(Clone, Copy)]
pub(super) struct Stores<'a> {
    pub before: &'a Store,
    pub after: &'a Store,
}

/// An object before and after, and where it differs.
pub(super) struct Changed<'a> {
    pub key: &'a Key,
    pub old: &'a Value,
    pub new: &'a Value,
    pub paths: &'a [Difference],
}

/// What decides about the paths of a kind.
type Judge = fn(Stores<'_>, &Changed<'_>) -> Vec<Verdict>;

/// Every kind whose changes do something to pods; all others change in place.
const JUDGES: &[(&str, Judge)] = &[
    ("ConfigMap", configuration),
    ("CronJob", |_, it| {
        each(it, |_| Verdict::in_place(texts::plan::NEXT_RUN))
    }),
    ("DaemonSet", workload),
    ("Deployment", workload),
    ("HorizontalPodAutoscaler", autoscaler),
    ("Job", workload),
    ("Pod", |_, it| {
        each(it, |path| match path.is_under(&["spec"]) {
            true => Verdict::in_place(texts::plan::IMAGE_OF_A_POD),
            false => quiet(),
        })
    }),
    ("ReplicaSet", workload),
    ("ReplicationController", workload),
    ("Secret", configuration),
    ("Service", service),
    ("StatefulSet", workload),
];

/// Says what each path does.
pub(super) fn judge(stores: Stores<'_>, changed: &Changed<'_>) -> Vec<Verdict> {
    match JUDGES.iter().find(|(kind, _)| changed.key.kind == *kind) {
        Some((_, judge)) => judge(stores, changed),
        None => each(changed, |_| quiet()),
    }
}

fn each(changed: &Changed<'_>, verdict: impl Fn(&Difference) -> Verdict) -> Vec<Verdict> {
    changed.paths.iter().map(verdict).collect()
}

fn quiet() -> Verdict {
    Verdict::in_place(texts::plan::NO_POD_RESTARTS)
}

fn number(value: &Value) -> Option<u32> {
    value.as_int().and_then(|n| u32::try_from(n).ok())
}

/// How many pods an object keeps: what it asks for; of a DaemonSet, one a node.
pub(super) fn pods_of(store: &Store, object: &Value) -> u32 {
    let spec = object.get("spec");
    match object.get("kind").text() {
        "DaemonSet" => u32::try_from(store.list("Node").len()).unwrap_or(u32::MAX),
        "Job" => number(spec.get("parallelism")).unwrap_or(1),
        "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" => {
            number(spec.get("replicas")).unwrap_or(1)
        }
        "Pod" => 1,
        _ => 0,
    }
}

/// How a changed template reaches the pods that run.
enum Reach {
    /// New pods replace this many.
    Rolls(u32),
    /// It does not, because…
    Never(Verdict),
}

/// What a change of `.spec.template` does, whether or not it changes.
fn reach(stores: Stores<'_>, old: &Value, new: &Value) -> Reach {
    let (from, to) = (pods_of(stores.before, old), pods_of(stores.after, new));
    let kind = new.get("kind").text();
    let update = new.at(&["spec", "updateStrategy"]);
    if kind != "DaemonSet" && (from == 0 || to == 0) {
        return Reach::Never(Verdict::in_place(texts::plan::NO_POD_TO_REPLACE));
    }
    if new.at(&["spec", "paused"]).as_bool() == Some(true) {
        return Reach::Never(Verdict::in_place(texts::plan::PAUSED));
    }
    if update.get("type").text() == "OnDelete" {
        let why = texts::plan::on_delete(from);
        return Reach::Never(Verdict::new(Effect::NeedsRestart, from, why));
    }
    let partition = number(update.at(&["rollingUpdate", "partition"])).unwrap_or(0);
    match kind {
        "ReplicaSet" | "ReplicationController" => {
            let why = texts::plan::only_new_pods(from, kind);
            Reach::Never(Verdict::new(Effect::NeedsRestart, from, why))
        }
        "Job" => Reach::Never(quiet()),
        "StatefulSet" if partition >= to => {
            Reach::Never(Verdict::in_place(texts::plan::partition_keeps(partition)))
        }
        "StatefulSet" => Reach::Rolls(to - partition),
        _ => Reach::Rolls(to),
    }
}

/// Whether a workload's change replaces its pods.
pub(super) fn rolls(stores: Stores<'_>, old: &Value, new: &Value) -> bool {
    let template = ["spec", "template"];
    let is_new = old.at(&template) != new.at(&template) || is_resumed(stores, old, new);
    is_new && matches!(reach(stores, old, new), Reach::Rolls(_))
}

/// Whether a Deployment that was paused goes on with a template that no ReplicaSet has yet.
fn is_resumed(stores: Stores<'_>, old: &Value, new: &Value) -> bool {
    let is_paused = |object: &Value| object.at(&["spec", "paused"]).as_bool() == Some(true);
    if !is_paused(old) || is_paused(new) {
        return false;
    }
    let uid = old.at(&["metadata", "uid"]).to_text();
    let mut sets = stores.before.owned_by(&uid).peekable();
    let wanted = old.at(&["spec", "template", "spec"]);
    sets.peek().is_some() && !sets.any(|set| set.spec().at(&["template", "spec"]) == wanted)
}

fn workload(stores: Stores<'_>, it: &Changed<'_>) -> Vec<Verdict> {
    let (from, to) = (
        pods_of(stores.before, it.old),
        pods_of(stores.after, it.new),
    );
    let rolls = rolls(stores, it.old, it.new);
    let template = match reach(stores, it.old, it.new) {
        Reach::Rolls(count) => Verdict::new(Effect::Rolls, count, rolling(it, from, to, count)),
        Reach::Never(verdict) => verdict,
    };
    each(it, |path| {
        if path.is_under(&["spec", "template"]) || rolls && path.is_under(&["spec", "paused"]) {
            template.clone()
        } else if path.is_under(&["spec", "replicas"]) || path.is_under(&["spec", "parallelism"]) {
            scaling(stores, it, from, to)
        } else {
            Verdict::in_place(texts::plan::OUTSIDE_THE_TEMPLATE)
        }
    })
}

fn rolling(it: &Changed<'_>, from: u32, to: u32, count: u32) -> EcoString {
    let is_recreated = it.new.at(&["spec", "strategy", "type"]).text() == "Recreate";
    let why = match template_changes(it.paths) {
        changes if changes.is_empty() => texts::plan::NO_LONGER_PAUSED.into(),
        changes => texts::plan::in_the_template(&changes),
    };
    texts::plan::replaces(count, (from, to), is_recreated, &why)
}

fn scaling(stores: Stores<'_>, it: &Changed<'_>, from: u32, to: u32) -> Verdict {
    let mut sentence = texts::plan::scales(from, to);
    if let Some(scaler) = scaler_of(stores.after, it.key) {
        sentence.push_str(&texts::plan::set_again(&scaler.key.name));
    }
    Verdict::new(Effect::Scales, from.abs_diff(to), sentence)
}

fn scaler_of<'a>(store: &'a Store, key: &Key) -> Option<&'a Object> {
    let scalers = store.list_in("HorizontalPodAutoscaler", &key.namespace);
    let mut scalers = scalers.into_iter();
    scalers
        .find(|scaler| target_of(&scaler.value) == *key)
        .map(|scaler| &**scaler)
}

/// `the image changes`, `env ORDER_TIMEOUT and the image change`…: what differs in the template, by
/// the words people use. Empty if nothing does.
fn template_changes(paths: &[Difference]) -> EcoString {
    let mut things: Vec<EcoString> = Vec::new();
    for change in paths {
        let path = change.path();
        let Some(path) = path.strip_prefix("spec.template.") else {
            continue;
        };
        let thing = if path.ends_with("].image") {
            texts::plan::THE_IMAGE.into()
        } else if let Some((_, rest)) = path.split_once(".env[") {
            let name = rest.split(']').next().unwrap_or_default();
            match name.bytes().all(|byte| byte.is_ascii_digit()) {
                true => texts::plan::THE_ENVIRONMENT.into(),
                false => texts::plan::variable(name),
            }
        } else {
            eco_format!("`{path}`")
        };
        if !things.contains(&thing) {
            things.push(thing);
        }
    }
    texts::plan::change(&few(things))
}

/// A ConfigMap or Secret, key by key.
fn configuration(stores: Stores<'_>, it: &Changed<'_>) -> Vec<Verdict> {
    each(it, |path| match path.key(0) {
        "data" | "binaryData" => {
            let key = Some(path.key(1)).filter(|key| !key.is_empty());
            configured(stores, it.key, key)
        }
        _ => quiet(),
    })
}

fn configured(stores: Stores<'_>, key: &Key, entry: Option<&str>) -> Verdict {
    let mut stale: Vec<EcoString> = Vec::new();
    let (mut count, mut follows, mut is_read, mut is_fixed) = (0, false, false, false);
    for reader in readers(stores.after, key, entry) {
        let (reading, object) = (reader.0, reader.1);
        is_read = true;
        let Some(before) = stores.before.get(&object.key) else {
            continue;
        };
        if rolls(stores, &before.value, &object.value) {
            continue;
        }
        let old = pods_of(stores.before, &before.value);
        let running = old.min(pods_of(stores.after, &object.value));
        let is_any = running > 0 || object.key.kind == "DaemonSet";
        if reading.is_stale() && is_any {
            stale.push(eco_format!("{}", object.key));
            is_fixed |= !reading.env;
            count += running;
        }
        follows |= reading.files && is_any;
    }
    if !stale.is_empty() {
        let sentence = texts::plan::keep_the_old_values(count, &stale.join(", "), is_fixed);
        return Verdict::new(Effect::NeedsRestart, count, sentence);
    }
    Verdict::in_place(match (follows, is_read) {
        (true, _) => texts::plan::FILES_FOLLOW,
        (false, true) => texts::plan::READERS_START_ANEW,
        (false, false) => texts::plan::NO_POD_READS_IT,
    })
}

/// The workloads whose pods read a ConfigMap or Secret, or one key of it.
fn readers<'a>(store: &'a Store, key: &Key, entry: Option<&str>) -> Vec<(Reading, &'a Object)> {
    const KINDS: [&str; 5] = [
        "DaemonSet",
        "Deployment",
        "ReplicaSet",
        "ReplicationController",
        "StatefulSet",
    ];
    let of_kind = |kind: &&str| store.list_in(kind, &key.namespace);
    let own = KINDS.iter().flat_map(of_kind);
    // What belongs to another stands for nothing of its own.
    let own = own.filter(|object| object.meta.controller.is_empty());
    own.map(|object| {
        let pod = object.spec().at(&["template", "spec"]);
        (reading(pod, &key.kind, &key.name, entry), &**object)
    })
    .filter(|(reading, _)| reading.is_any())
    .collect()
}

/// The workloads whose pods cannot start without a ConfigMap or Secret.
pub(super) fn dependants(store: &Store, key: &Key) -> Vec<EcoString> {
    if !matches!(key.kind.as_str(), "ConfigMap" | "Secret") {
        return Vec::new();
    }
    let readers = readers(store, key, None).into_iter();
    readers
        .filter(|(reading, _)| reading.required)
        .map(|(_, object)| eco_format!("{}", object.key))
        .collect()
}

/// How an autoscaler's bounds move the number of pods at once: by how many, and the sentence for it.
pub(super) fn bounds(store: &Store, scaler: &Value) -> Option<(u32, EcoString)> {
    let target = target_of(scaler);
    let now = pods_of(store, &store.get(&target)?.value);
    let spec = scaler.get("spec");
    let least = number(spec.get("minReplicas")).unwrap_or(1);
    let most = number(spec.get("maxReplicas")).unwrap_or(u32::MAX);
    let wanted = now.max(least).min(most);
    if now == 0 || wanted == now {
        return None;
    }
    let why = texts::plan::goes_from(&target, (now, wanted), (least, most));
    Some((now.abs_diff(wanted), why))
}

fn autoscaler(stores: Stores<'_>, it: &Changed<'_>) -> Vec<Verdict> {
    let moved = bounds(stores.after, it.new);
    each(it, |path| match &moved {
        Some((count, why)) if matches!(path.key(1), "minReplicas" | "maxReplicas") => {
            Verdict::new(Effect::Scales, *count, texts::plan::scales_by_bounds(why))
        }
        _ => Verdict::in_place(texts::plan::NEW_RULES_OF_SCALING),
    })
}

fn service(stores: Stores<'_>, it: &Changed<'_>) -> Vec<Verdict> {
    each(it, |path| {
        if !path.is_under(&["spec", "selector"]) {
            return Verdict::in_place(texts::plan::NEW_RULES_OF_REQUESTS);
        }
        let wanted = it.new.at(&["spec", "selector"]);
        let labels = ["spec", "template", "metadata", "labels"];
        let kinds = ["DaemonSet", "Deployment", "StatefulSet"];
        let of_kind = |kind: &&str| stores.after.list_in(kind, &it.key.namespace);
        let is_any = kinds
            .iter()
            .flat_map(of_kind)
            .any(|it| selector::matches_labels(wanted, it.value.at(&labels)));
        Verdict::in_place(match is_any {
            true => texts::plan::OTHER_PODS,
            false => texts::plan::SELECTS_NO_POD,
        })
    })
}
