//! Flux: sources that are fetched, Helm releases that are upgraded, and folders that are applied, each
//! at its interval.
//!
//! [`git_repository`] is the source-controller's work, [`helm_release`] the helm-controller's,
//! [`kustomization`] the kustomize-controller's. What they have in common is here: conditions, events,
//! and when a look is due. Kustomize itself is not modelled: a folder's manifests are applied as they
//! are.

pub(crate) mod git_repository;
pub(crate) mod helm_release;
pub(crate) mod kustomization;
mod prospect;
mod view;

pub(crate) use prospect::{Upgrade, namespace_for, prospects, releases_asked, upgrades};
pub(crate) use view::makes;
pub(super) use view::{delivered, row};

use super::Ask;
use super::pass::Pass;
use super::source;
use crate::cluster::Context;
use crate::delivery::git::Oid;
use crate::delivery::plan;
use crate::delivery::reader::parse_duration;
use crate::plan::{Plan, Step};
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::{Change, Key, Millis, Object, Store, Value};
use std::rc::Rc;

/// Asks for a look now (`flux reconcile`).
pub(super) const REQUESTED: &str = "reconcile.fluxcd.io/requestedAt";
/// How long a tool waits for what it depends on (`--requeue-dependency`: 30 s).
const DEPENDENCY: Millis = 30_000;

/// What is kept about an object of Flux between two looks.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// When it was last worked on.
    at: Millis,
    /// What was asked then: another generation, revision or request is looked at straight away.
    asked: Value,
    /// What was applied: the manifests.
    applied: Rc<[Value]>,
    /// How often it failed in a row.
    failures: i64,
    /// What could not even be begun, and why.
    pub(super) refused: Option<EcoString>,
}

/// What is kept about the object of a look.
fn memory(pass: &Pass<'_>) -> Memory {
    let kept = pass.context.delivery.gitops.flux.get(&pass.found.key);
    kept.map(|it| Memory::clone(it)).unwrap_or_default()
}

fn keep(pass: &mut Pass<'_>, memory: Memory) {
    let key = pass.found.key.clone();
    pass.ask(Ask::Flux(key, Some(Rc::new(memory))));
}

/// A time of the spec, such as `10m`.
fn time(spec: &Value, field: &str, default: Millis) -> Millis {
    parse_duration(spec.get(field).text()).unwrap_or(default)
}

fn interval(spec: &Value) -> Millis {
    time(spec, "interval", 60_000).max(1_000)
}

/// A time as Go prints it: `5m0s`.
fn shown(t: Millis) -> EcoString {
    let (hours, minutes, seconds) = (t / 3_600_000, t / 60_000 % 60, t / 1000 % 60);
    match (hours, minutes) {
        (0, 0) => eco_format!("{seconds}s"),
        (0, _) => eco_format!("{minutes}m{seconds}s"),
        _ => eco_format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// What a look begins with; instead the plan, if the object is gone or suspended.
fn begin<'a>(
    store: &'a Store,
    key: &Key,
    context: &'a Context<'a>,
) -> Result<(Pass<'a>, &'a Rc<Object>), Plan> {
    match store.get(key) {
        None => Err(forget(key)),
        Some(found) if is_suspended(found) => Err(Plan::settled()),
        Some(found) => Ok((Pass::new(store, found, context), found)),
    }
}

fn is_suspended(object: &Object) -> bool {
    object.spec().get("suspend").as_bool() == Some(true)
}

/// What makes a look due at once: a new generation, a request, and what the caller adds.
fn asked(pass: &Pass<'_>, more: Value) -> Value {
    kube::map! {
        "generation" => pass.found.meta.generation,
        "requested" => pass.found.annotation(REQUESTED).map(EcoString::from),
        "more" => more,
    }
}

/// Whether somebody changed what an object asks for.
fn is_asked(change: &Change) -> bool {
    let of = |object: &Object| {
        let requested = object.annotation(REQUESTED).map(EcoString::from);
        (object.meta.generation, requested, object.meta.deleted)
    };
    let old = change.old.as_ref();
    old.is_none_or(|old| of(old) != of(&change.new))
}

/// The objects of a kind that read a source whose artifact is another.
fn readers(store: &Store, change: &Change, kind: &str, place: &[&str], keys: &mut Vec<Key>) {
    let source = &change.new;
    if source.key.kind != "GitRepository" {
        return;
    }
    let artifact = |object: &Rc<Object>| object.status().at(&["artifact", "revision"]).to_text();
    let old = change.old.as_ref().map(artifact);
    if old == Some(artifact(source)) {
        return;
    }
    for reader in store.list(kind) {
        if source_key(reader, place) == source.key {
            keys.push(reader.key.clone());
        }
    }
}

/// The source that an object reads.
fn source_key(object: &Object, place: &[&str]) -> Key {
    let named = object.spec().at(place);
    let namespace = match named.get("namespace").text() {
        "" => object.key.namespace.as_str(),
        namespace => namespace,
    };
    let of = |field: &str| named.get(field).text();
    Key::new(of("kind"), namespace, of("name"))
}

/// What a source holds.
struct Artifact {
    repository: EcoString,
    commit: Oid,
    /// `main@sha1:…`
    revision: EcoString,
}

/// Why a source holds nothing.
enum Lack {
    Missing(EcoString),
    Empty(EcoString),
}

fn artifact(pass: &Pass<'_>, key: &Key) -> Result<Artifact, Lack> {
    let Some(object) = pass.trial.get(key) else {
        let why = eco_format!(
            "gitrepositories.source.toolkit.fluxcd.io {:?} not found",
            key.name
        );
        return Err(Lack::Missing(why));
    };
    let revision = object.status().at(&["artifact", "revision"]).to_text();
    let name = source::name_of(object.spec().get("url").text());
    let sha = revision.rsplit(':').next().unwrap_or_default();
    let repository = pass.context.delivery.repositories.get(name);
    let commit = repository.and_then(|it| source::resolve(it, sha));
    match commit.filter(|_| !revision.is_empty()) {
        Some(commit) => Ok(Artifact {
            repository: name.into(),
            commit,
            revision,
        }),
        None => {
            let Key {
                namespace, name, ..
            } = key;
            Err(Lack::Empty(eco_format!(
                "GitRepository '{namespace}/{name}' is not ready"
            )))
        }
    }
}

/// Sets a condition.
fn condition(pass: &mut Pass<'_>, kind: &str, status: &str, reason: &str, message: &str) {
    let stamp = pass.stamp();
    let generation = pass.found.meta.generation;
    let conditions = pass.status_mut().entry("conditions").items_mut();
    let place = conditions
        .iter()
        .position(|it| it.get("type").text() == kind);
    let before = place.map(|at| &conditions[at]);
    let since = before
        .filter(|it| it.get("status").text() == status)
        .map_or(stamp, |it| it.get("lastTransitionTime").clone());
    let value = kube::map! {
        "type" => kind,
        "status" => status,
        "reason" => reason,
        "message" => message,
        "observedGeneration" => generation,
        "lastTransitionTime" => since,
    };
    match place {
        Some(at) => conditions.make_mut()[at] = value,
        None => conditions.push(value),
    }
}

/// The condition Ready as it is to be.
fn ready_condition<'a>(pass: &'a Pass<'_>) -> &'a Value {
    let conditions = pass.status().get("conditions").items();
    let ready = conditions
        .iter()
        .find(|it| it.get("type").text() == "Ready");
    ready.unwrap_or(&Value::NULL)
}

/// Says how the object is: the condition Ready, and an event if that is new.
fn ready(pass: &mut Pass<'_>, is_ready: bool, reason: &str, message: &str) {
    let before = ready_condition(pass);
    if before.get("reason").text() != reason || before.get("message").text() != message {
        let note = match is_ready {
            true => Note::story("event", reason, message),
            false => Note::warning("event", reason, message),
        };
        pass.event(note);
    }
    let status = if is_ready { "True" } else { "False" };
    condition(pass, "Ready", status, reason, message);
    let generation = pass.found.meta.generation;
    pass.status_mut().set("observedGeneration", generation);
}

/// Says what goes on.
fn progressing(pass: &mut Pass<'_>, message: &str) {
    condition(pass, "Ready", "Unknown", "Progressing", message);
}

/// Whether what an object depends on is not ready; says so then.
fn waits_for_others(pass: &mut Pass<'_>) -> bool {
    let own = pass.found.key.clone();
    for other in pass.spec().get("dependsOn").items().to_vec() {
        let namespace = match other.get("namespace").text() {
            "" => own.namespace.clone(),
            namespace => namespace.into(),
        };
        let name = other.get("name").to_text();
        let key = Key::new(own.kind.clone(), namespace.clone(), name.clone());
        let why = match pass.trial.get(&key) {
            None => eco_format!("dependency '{namespace}/{name}' not found"),
            Some(it) if it.condition("Ready").get("status").text() == "True" => continue,
            Some(_) => eco_format!("dependency '{namespace}/{name}' is not ready"),
        };
        ready(pass, false, "DependencyNotReady", &why);
        pass.plan.look_again(DEPENDENCY);
        return true;
    }
    false
}

fn finish(pass: Pass<'_>) -> Plan {
    let why = texts::delivery::flux_notes(&pass.found.key);
    pass.finish(Note::detail("update", "StatusUpdated", why))
}

/// The plan for an object that is gone.
fn forget(key: &Key) -> Plan {
    let mut plan = Plan::settled();
    plan.steps.push(Step::GitOps(Ask::Flux(key.clone(), None)));
    plan
}

/// Whether there is nothing to wait for: the source has what git has, and nothing is under way.
pub(super) fn is_idle(store: &Store, key: &Key, context: &Context<'_>) -> bool {
    let Some(object) = store.get(key) else {
        return true;
    };
    let status = object.condition("Ready").get("status").text();
    let settled = matches!(status, "True" | "False");
    let is_current = || key.kind != "GitRepository" || git_repository::is_current(object, context);
    is_suspended(object) || settled && is_current() && !has_drifted(object, context, store)
}

/// Whether a drift waits to be taken back at the next look.
fn has_drifted(object: &Object, context: &Context<'_>, store: &Store) -> bool {
    object.key.kind == "HelmRelease" && helm_release::will_correct(object, context, store)
        || object.key.kind == "Kustomization" && kustomization::will_correct(object, context, store)
}

/// How an object differs: `Deployment/shop/web changed (0 additions, 1 changes, 0 removals)`
/// (helm-controller, `internal/diff/summarize.go`).
fn summary(key: &Key, git: &Value, live: &Value) -> EcoString {
    let changes = plan::changes(git, live);
    let added = changes.iter().filter(|it| it.old.is_empty()).count();
    let removed = changes.iter().filter(|it| it.new.is_empty()).count();
    let changed = changes.len() - added - removed;
    let key = key.path();
    eco_format!("{key} changed ({added} additions, {changed} changes, {removed} removals)")
}
