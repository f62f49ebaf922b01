//! What a changed object does to pods, path by path.

use super::diff::Difference;
use super::readers::{Reading, reading};
use super::trial::target_of;
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
        each(it, |_| {
            Verdict::in_place(
                "Changes in place: the next run is made from it, and no running pod restarts.",
            )
        })
    }),
    ("DaemonSet", workload),
    ("Deployment", workload),
    ("HorizontalPodAutoscaler", autoscaler),
    ("Job", workload),
    ("Pod", |_, it| {
        each(it, |path| match path.is_under(&["spec"]) {
            true => Verdict::in_place(
                "Changes in place: the kubelet restarts the container whose image changes, and the pod stays.",
            ),
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
    Verdict::in_place("Changes in place: no pod restarts because of it.")
}

/// `1 pod`, `3 pods`
pub(super) fn pods(count: u32) -> EcoString {
    match count {
        1 => "1 pod".into(),
        _ => eco_format!("{count} pods"),
    }
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
        return Reach::Never(Verdict::in_place(
            "Changes in place: there is no pod to replace. The next ones are made from the new template.",
        ));
    }
    if new.at(&["spec", "paused"]).as_bool() == Some(true) {
        let why = "Nothing rolls yet: it is paused. New pods follow once it is resumed.";
        return Reach::Never(Verdict::in_place(why));
    }
    if update.get("type").text() == "OnDelete" {
        let why = eco_format!(
            "Its {} run on as they are until somebody deletes them: `updateStrategy` is OnDelete.",
            pods(from)
        );
        return Reach::Never(Verdict::new(Effect::NeedsRestart, from, why));
    }
    let partition = number(update.at(&["rollingUpdate", "partition"])).unwrap_or(0);
    match kind {
        "ReplicaSet" | "ReplicationController" => {
            let why = eco_format!(
                "Its {} run on as they are: a {kind} makes only new pods from its template.",
                pods(from)
            );
            Reach::Never(Verdict::new(Effect::NeedsRestart, from, why))
        }
        "Job" => Reach::Never(quiet()),
        "StatefulSet" if partition >= to => Reach::Never(Verdict::in_place(eco_format!(
            "Nothing rolls: `partition` {partition} keeps every pod on its old template."
        ))),
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
            Verdict::in_place(
                "Changes in place: nothing inside `.spec.template` differs, so no pod is replaced.",
            )
        }
    })
}

fn rolling(it: &Changed<'_>, from: u32, to: u32, count: u32) -> EcoString {
    let is_recreated = it.new.at(&["spec", "strategy", "type"]).text() == "Recreate";
    let what = match count {
        0 => "Replaces its pod on every node".into(),
        1 if is_recreated => "Stops the old pod first, then starts a new one".into(),
        _ if is_recreated => eco_format!("Stops all old pods first, then starts {count} new ones"),
        1 if to == 1 => "Replaces its pod".into(),
        _ if count < to => eco_format!("Replaces {} of {}", count, pods(to)),
        _ => eco_format!("Replaces all {}", pods(count)),
    };
    let scales = match from == to {
        true => EcoString::new(),
        false => eco_format!(", and scales from {from} to {to}"),
    };
    let why = match template_changes(it.paths) {
        changes if changes.is_empty() => "it is no longer paused".into(),
        changes => eco_format!("{changes} in `.spec.template`"),
    };
    eco_format!("{what}, because {why}{scales}.")
}

fn scaling(stores: Stores<'_>, it: &Changed<'_>, from: u32, to: u32) -> Verdict {
    let verb = if to > from { "adds" } else { "removes" };
    let count = from.abs_diff(to);
    let mut sentence = eco_format!(
        "Scales from {from} to {to}: {verb} {}. That alone replaces no pod, for it is no part of \
         `.spec.template`.",
        pods(count)
    );
    if let Some(scaler) = scaler_of(stores.after, it.key) {
        sentence.push_str(&eco_format!(
            " HorizontalPodAutoscaler {} then sets the number again: leave `replicas` out of what it \
             scales.",
            scaler.key.name
        ));
    }
    Verdict::new(Effect::Scales, count, sentence)
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
            "the image".into()
        } else if let Some((_, rest)) = path.split_once(".env[") {
            let name = rest.split(']').next().unwrap_or_default();
            match name.bytes().all(|byte| byte.is_ascii_digit()) {
                true => "the environment".into(),
                false => eco_format!("env {name}"),
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
        None => EcoString::new(),
        Some((only, [])) => eco_format!("{only} changes"),
        Some((last, rest)) => eco_format!("{} and {last} change", rest.join(", ")),
    }
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
        let how = match is_fixed {
            true => "have it as a file that is mounted alone (`subPath`) and never follows",
            false => "read it into their environment when they started",
        };
        let sentence = eco_format!(
            "Changes, but the {} of {} {how}: they keep the old values until they are restarted.",
            match count {
                0 => "pods".into(),
                count => pods(count),
            },
            stale.join(", ")
        );
        return Verdict::new(Effect::NeedsRestart, count, sentence);
    }
    Verdict::in_place(match (follows, is_read) {
        (true, _) => {
            "Changes in place: the mounted files follow within about a minute, and no pod restarts. \
             Whether the program reads them again is its own affair."
        }
        (false, true) => {
            "Changes in place: the pods that read it start anew with this change anyway."
        }
        (false, false) => "Changes in place: no pod reads it.",
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
    let why =
        eco_format!("{target} goes from {now} to {wanted}, for it may have {least} to {most}.");
    Some((now.abs_diff(wanted), why))
}

fn autoscaler(stores: Stores<'_>, it: &Changed<'_>) -> Vec<Verdict> {
    let moved = bounds(stores.after, it.new);
    each(it, |path| match &moved {
        Some((count, why)) if matches!(path.key(1), "minReplicas" | "maxReplicas") => {
            Verdict::new(Effect::Scales, *count, eco_format!("Scales: {why}"))
        }
        _ => Verdict::in_place(
            "Changes in place: no pod restarts, and the autoscaler goes by the new rules from now on.",
        ),
    })
}

fn service(stores: Stores<'_>, it: &Changed<'_>) -> Vec<Verdict> {
    each(it, |path| {
        if !path.is_under(&["spec", "selector"]) {
            return Verdict::in_place(
                "Changes in place: no pod restarts, and requests follow the new rules.",
            );
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
            true => "Changes in place: no pod restarts, and requests go to other pods from now on.",
            false => {
                "Changes in place, and then selects no pod of any workload here: it has no endpoints, \
                 and requests to it fail."
            }
        })
    })
}
