//! A Deployment's ReplicaSets: whose they are, which is the newest, and their revisions.

use super::{DESIRED_REPLICAS, MAX_REPLICAS, REVISION, REVISION_HISTORY, Subject, TEMPLATE_HASH};
use crate::cluster::conditions::{self, Condition};
use crate::cluster::garbage_collector::without_owner;
use crate::cluster::{Context, retry_after};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Key, Millis, Object, Status, Store, Value, map, pod_template_hash, selector, time};

/// Annotations of a Deployment that its ReplicaSets do not get (`deployment_util.go`,
/// annotationsToSkip).
const OWN_ANNOTATIONS: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    REVISION_HISTORY,
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
];

/// How long the list of a ReplicaSet's earlier revisions may become, in characters.
const HISTORY_MAX: usize = 2000;

/// A ReplicaSet of the Deployment, as this look makes it.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub key: Key,
    pub value: Value,
    pub uid: EcoString,
    pub created: Millis,
    pub deleted: bool,
}

impl Set {
    fn of(object: &Object) -> Set {
        Set {
            key: object.key.clone(),
            value: object.value.clone(),
            uid: object.meta.uid.clone(),
            created: object.meta.created,
            deleted: object.meta.deleted.is_some(),
        }
    }

    /// `spec.replicas`
    pub fn replicas(&self) -> i64 {
        self.value.at(&["spec", "replicas"]).as_int().unwrap_or(1)
    }

    /// A count in its status.
    pub fn count(&self, name: &str) -> i64 {
        self.value.get("status").get(name).as_int().unwrap_or(0)
    }

    pub fn available(&self) -> i64 {
        self.count("availableReplicas")
    }

    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.value
            .at(&["metadata", "annotations"])
            .get(name)
            .as_str()
    }

    /// An annotation that holds a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.annotation(name).and_then(|text| text.parse().ok())
    }

    pub fn label(&self, name: &str) -> &str {
        self.value.at(&["metadata", "labels"]).get(name).text()
    }

    pub fn revision(&self) -> i64 {
        self.number(REVISION).unwrap_or(0)
    }

    fn annotate(&mut self, name: &str, text: impl Into<EcoString>) {
        self.value
            .entry_at(&["metadata", "annotations"])
            .set(name, text.into());
    }
}

/// The ReplicaSets that the Deployment owns, oldest first.
pub(super) fn owned(subject: &Subject<'_>) -> Vec<Set> {
    let objects = subject.store.owned_by(&subject.object.meta.uid);
    let mut sets: Vec<Set> = objects
        .filter(|object| object.key.kind == "ReplicaSet")
        .map(|object| Set::of(object))
        .collect();
    sort_by_age(&mut sets);
    sets
}

/// The ReplicaSets that belong to the Deployment, after adopting those that match and belong to
/// nobody, and letting go those that match no longer.
pub(super) fn claim(subject: &mut Subject<'_>) -> Vec<Set> {
    let wanted = subject.spec().get("selector").clone();
    let (mut sets, strangers): (Vec<Set>, Vec<Set>) = owned(subject)
        .into_iter()
        .partition(|set| selector::matches(&wanted, set.value.at(&["metadata", "labels"])));
    let deployment = subject.object.clone();
    for set in strangers.iter().filter(|set| !set.deleted) {
        let why = texts::cluster::no_longer_matches(&set.key, &deployment.key);
        if let Some(object) = subject.store.get(&set.key) {
            let value = without_owner(object, &deployment.meta.uid);
            subject
                .plan
                .update(&set.key, value, Note::detail("patch", "Released", why));
        }
    }
    for object in subject
        .store
        .list_in("ReplicaSet", &deployment.key.namespace)
    {
        let orphan = object.meta.controller.is_empty() && object.meta.deleted.is_none();
        if orphan && selector::matches(&wanted, object.labels()) {
            let mut set = Set::of(object);
            let owners = set.value.entry_at(&["metadata", "ownerReferences"]);
            owners.items_mut().push(deployment.as_controller());
            let why = texts::cluster::has_no_owner(&set.key, &deployment.key);
            write(subject, &mut set, Note::detail("patch", "Adopted", why));
            sets.push(set);
        }
    }
    sort_by_age(&mut sets);
    sets
}

fn sort_by_age(sets: &mut [Set]) {
    lean::sort_by(sets, |a, b| {
        (a.created, &a.key.name).cmp(&(b.created, &b.key.name))
    });
}

/// Plans to write a set as it is now. What is planned later is made from the version this makes.
pub(super) fn write(subject: &mut Subject<'_>, set: &mut Set, note: Note) {
    let mut value = set.value.clone();
    subject.plan.update(&set.key, value.clone(), note);
    // A second write in one look must not be refused as stale: the controller itself made the first.
    value.entry("metadata").set("resourceVersion", Value::Null);
    set.value = value;
}

/// The place of the newest set: the oldest one whose template is the Deployment's
/// (`deployment_util.go`, FindNewReplicaSet).
pub(super) fn newest(subject: &Subject<'_>, sets: &[Set]) -> Option<usize> {
    sets.iter()
        .position(|set| same_template(set.value.at(&["spec", "template"]), subject.template()))
}

/// Whether two templates are equal but for the hash label (`EqualIgnoreHash`).
pub(super) fn same_template(of_set: &Value, of_deployment: &Value) -> bool {
    if of_set.get("spec") != of_deployment.get("spec") {
        return false;
    }
    let bare = |template: &Value| {
        let mut template = template.clone();
        let labels = template.entry_at(&["metadata", "labels"]);
        labels.set(TEMPLATE_HASH, Value::Null);
        template
    };
    bare(of_set) == bare(of_deployment)
}

/// Finds the newest set and brings the revision numbers up to date; makes it if it is missing and
/// `make` says so (`sync.go`, getAllReplicaSetsAndSyncRevision). Returns its place.
pub(super) fn sync_revision(
    subject: &mut Subject<'_>,
    sets: &mut Vec<Set>,
    make: bool,
) -> Option<usize> {
    let found = newest(subject, sets);
    let old = sets.iter().enumerate().filter(|(at, _)| Some(*at) != found);
    let revision = old.map(|(_, set)| set.revision()).max().unwrap_or(0) + 1;
    match found {
        Some(at) => {
            reuse(subject, &mut sets[at], revision);
            Some(at)
        }
        None if make => Some(create(subject, sets, revision)),
        None => None,
    }
}

fn reuse(subject: &mut Subject<'_>, set: &mut Set, revision: i64) {
    let mut changed = annotate(subject, set, revision, true);
    let min_ready = subject.spec().get("minReadySeconds").clone();
    if set.value.at(&["spec", "minReadySeconds"]) != &min_ready {
        set.value.entry("spec").set("minReadySeconds", min_ready);
        changed = true;
    }
    if changed {
        let why = match set.annotation(REVISION_HISTORY) {
            Some(_) => texts::cluster::used_again(&set.key.name, set.revision()),
            None => texts::cluster::follows(&set.key, &subject.object.key),
        };
        write(
            subject,
            set,
            Note::detail("patch", "FoundNewReplicaSet", why),
        );
    }
    subject.revision = set.annotation(REVISION).map(Into::into);
    if has_deadline(subject) && conditions::get(&subject.status, "Progressing").is_null() {
        let condition = Condition {
            kind: "Progressing",
            status: "True",
            reason: "FoundNewReplicaSet",
            message: eco_format!("Found new replica set {:?}", set.key.name),
        };
        conditions::set(&mut subject.status, condition, subject.now);
    }
}

/// Plans a new ReplicaSet for the Deployment's template (`sync.go`, getNewReplicaSet).
fn create(subject: &mut Subject<'_>, sets: &mut Vec<Set>, revision: i64) -> usize {
    let (collisions, hash, key) = vacant(subject);
    subject.status.set("collisionCount", collisions);

    let mut template = subject.template().clone();
    template
        .entry_at(&["metadata", "labels"])
        .set(TEMPLATE_HASH, &hash);
    let mut wanted = subject.spec().get("selector").clone();
    wanted.entry("matchLabels").set(TEMPLATE_HASH, &hash);
    let value = map! {
        "apiVersion" => "apps/v1",
        "kind" => "ReplicaSet",
        "metadata" => map! {
            "name" => &key.name,
            "namespace" => &key.namespace,
            "labels" => template.at(&["metadata", "labels"]).clone(),
            "ownerReferences" => vec![subject.object.as_controller()],
        },
        "spec" => map! {
            "replicas" => 0,
            "minReadySeconds" => subject.spec().get("minReadySeconds").clone(),
            "selector" => wanted,
            "template" => template,
        },
    };
    let uid = EcoString::new();
    let mut set = Set {
        key: key.clone(),
        value,
        uid,
        created: subject.now,
        deleted: false,
    };
    annotate(subject, &mut set, revision, false);
    sets.push(set);
    let at = sets.len() - 1;
    let size = super::rollout::size_of_newest(subject, sets, at);
    sets[at].value.entry("spec").set("replicas", size);
    let (name, want) = (subject.name(), subject.replicas());
    let why = match at {
        0 => texts::cluster::first_set(name, &key.name, revision, size),
        _ => texts::cluster::new_template(name, &key.name, revision, (size, want)),
    };
    let note = Note::story("create", "NewReplicaSet", why);
    let write = subject.plan.create(sets[at].value.clone(), note);
    write.refused = Some(failed_create);
    if size > 0 {
        let message = eco_format!("Scaled up replica set {} from 0 to {size}", key.name);
        let about = subject.object.clone();
        subject
            .plan
            .event(&about, Note::detail("event", "ScalingReplicaSet", message));
    }
    subject.revision = sets[at].annotation(REVISION).map(Into::into);
    if has_deadline(subject) {
        let condition = Condition {
            kind: "Progressing",
            status: "True",
            reason: "NewReplicaSetCreated",
            message: eco_format!("Created new replica set {:?}", key.name),
        };
        conditions::set(&mut subject.status, condition, subject.now);
    }
    at
}

/// The name of a new ReplicaSet, its hash, and how often that had to be made anew: a set of the first
/// name that has another template is a collision.
fn vacant(subject: &Subject<'_>) -> (Option<i64>, EcoString, Key) {
    let mut collisions = subject.status.get("collisionCount").as_int();
    loop {
        let hash = pod_template_hash(subject.template(), collisions);
        let name = eco_format!("{}-{hash}", subject.name());
        let key = subject.object.key.sibling("ReplicaSet", name);
        if subject.store.get(&key).is_none() {
            return (collisions, hash, key);
        }
        collisions = Some(collisions.unwrap_or(0) + 1);
    }
}

/// Says that the new ReplicaSet could not be made, and tries again ever more seldom.
fn failed_create(store: &Store, key: &Key, context: &Context<'_>, refusal: &Status) -> Plan {
    let Some(mut subject) = Subject::of(store, key, context) else {
        return Plan::settled();
    };
    let object = &subject.object.clone();
    let (_, _, name) = vacant(&subject);
    let message = eco_format!(
        "Failed to create new replica set {:?}: {}",
        name.name,
        refusal.message
    );
    let note = Note::warning("event", "ReplicaSetCreateError", message.clone());
    subject.plan.event(object, note);
    if has_deadline(&subject) {
        let condition = Condition {
            kind: "Progressing",
            status: "False",
            reason: "ReplicaSetCreateError",
            message,
        };
        conditions::set(&mut subject.status, condition, context.now);
    }
    let mut plan = subject.plan;
    let known = conditions::get(&subject.status, "Progressing").get("lastTransitionTime");
    let since = time::parse_rfc3339(known.text()).unwrap_or(context.now);
    plan.look_again(retry_after(context.now.saturating_sub(since)));
    if &subject.status != object.status() {
        let mut value = object.value.clone();
        value.set("status", subject.status);
        let why = texts::cluster::no_set(key);
        plan.update_status(key, value, Note::detail("patch", "Status", why));
    }
    plan
}

/// Whether the Deployment has a progress deadline (`HasProgressDeadline`).
pub(super) fn has_deadline(subject: &Subject<'_>) -> bool {
    let seconds = subject.spec().get("progressDeadlineSeconds").as_int();
    seconds.is_some_and(|seconds| seconds != i64::from(i32::MAX))
}

/// Gives the newest set its annotations (`SetNewReplicaSetAnnotations`). Returns whether any changed.
fn annotate(subject: &Subject<'_>, set: &mut Set, revision: i64, exists: bool) -> bool {
    let before = set.value.at(&["metadata", "annotations"]).clone();
    for (name, text) in subject
        .object
        .value
        .at(&["metadata", "annotations"])
        .members()
    {
        if !OWN_ANNOTATIONS.contains(&name.as_str()) {
            set.annotate(name, text.to_text());
        }
    }
    let had = set.annotation(REVISION).map(EcoString::from);
    if set.revision() < revision {
        set.annotate(REVISION, eco_format!("{revision}"));
        if let Some(had) = had {
            remember(set, &had);
        }
    }
    if !exists {
        set_sizes(subject, set);
    }
    set.value.at(&["metadata", "annotations"]) != &before
}

/// Adds an earlier revision to a set's history, dropping the oldest where it grows too long.
fn remember(set: &mut Set, revision: &str) {
    let history = match set.annotation(REVISION_HISTORY) {
        None | Some("") => revision.into(),
        Some(history) => {
            let mut kept = history;
            while kept.len() + 1 + revision.len() > HISTORY_MAX {
                kept = kept.split_once(',').map_or("", |(_, rest)| rest);
            }
            eco_format!("{kept},{revision}")
        }
    };
    set.annotate(REVISION_HISTORY, history);
}

/// Writes down on a set what the Deployment's size is (`SetReplicasAnnotations`). Returns whether
/// that is news.
pub(super) fn set_sizes(subject: &Subject<'_>, set: &mut Set) -> bool {
    let desired = subject.replicas();
    let most = desired + subject.fenceposts().surge;
    if set.number(DESIRED_REPLICAS) == Some(desired) && set.number(MAX_REPLICAS) == Some(most) {
        return false;
    }
    set.annotate(DESIRED_REPLICAS, eco_format!("{desired}"));
    set.annotate(MAX_REPLICAS, eco_format!("{most}"));
    true
}

/// Whether the Deployment was scaled since its sets were last sized (`sync.go`, isScalingEvent).
pub(super) fn is_scaling(subject: &mut Subject<'_>, sets: &mut Vec<Set>) -> bool {
    sync_revision(subject, sets, false);
    let wanted = subject.replicas();
    sets.iter()
        .filter(|set| set.replicas() > 0)
        .filter_map(|set| set.number(DESIRED_REPLICAS))
        .any(|desired| desired != wanted)
}
