//! Argo CD's application controller: compares each Application with the cluster, and syncs it.
//!
//! [`spec`] reads what an Application asks for, [`manifests`] renders it, [`compare`] tells what
//! differs (but for what is ignored), [`auto`] decides whether to sync, [`operation`] begins,
//! repeats and ends a sync, [`sync`] takes its steps. [`prospect`] foresees what a commit would bring,
//! [`project`] tells what is permitted. [`application_set`] makes Applications of templates. State is where the real one keeps it: in the
//! Application's status, and in `operation`.

pub(crate) mod application_set;
mod auto;
mod compare;
mod generators;
mod manifests;
mod operation;
mod project;
mod prospect;
mod spec;
mod sync;
mod tasks;
mod view;

pub(crate) use manifests::is_hook;
pub(crate) use prospect::{namespace_for, prospects, releases_asked};
pub(crate) use view::{row, set_row};

use super::Ask;
use super::pass::Pass;
use super::{Delivered, short, source};
use crate::cluster::{Context, Controller};
use crate::delivery::git::Oid;
use crate::delivery::reader::parse_duration;
use crate::engine::World;
use crate::plan::{Plan, Step};
use crate::texts;
use crate::trace::Note;
use crate::view::Progress;
use compare::Comparison;
use ecow::{EcoString, eco_format};
use kube::api::{DeleteOptions, Propagation, Verb};
use kube::{Change, ChangeKind, Key, Millis, Object, Random, Store, Value, time};
use manifests::Generated;
use std::rc::Rc;

/// Asks for a look: `normal` or `hard`.
pub(crate) const REFRESH: &str = "argocd.argoproj.io/refresh";
/// On an Application: deleting it deletes what it made.
const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";

/// The name that the controller goes by.
pub(crate) const NAME: &str = "argocd-application-controller";

pub(crate) const CONTROLLER: Controller = Controller {
    name: NAME,
    watches,
    batch: 0,
    reconcile,
};

/// What is kept about an Application: what its sources rendered to.
#[derive(Clone, Debug)]
pub struct Memory {
    /// The sources and the destination that were rendered.
    asked: Value,
    generated: Result<Generated, EcoString>,
    /// Before this moment no further wave is applied.
    next_wave: Millis,
}

/// An Application is looked at when somebody changes it, and when an object of it changes
/// (`handleObjectUpdated`).
fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let new = &change.new;
    if new.key.kind == "Application" {
        let asks = |value: &Value| {
            let of = |path: &[&str]| value.at(path).clone();
            [
                of(&["spec"]),
                of(&["operation"]),
                of(&["metadata", "annotations"]),
                of(&["metadata", "deletionTimestamp"]),
            ]
        };
        let old = change.old.as_ref().map(|old| asks(&old.value));
        if old.as_ref() != Some(&asks(&new.value)) || change.kind == ChangeKind::Deleted {
            keys.push(new.key.clone());
        }
    }
    let tracked = change.old.iter().chain([new]);
    for object in tracked.filter(|_| store.has("Application")) {
        if let Some(app) = manifests::owner(object) {
            let key = Key::new("Application", "argocd", app);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let Some(app) = store.get(key) else {
        let mut plan = Plan::settled();
        plan.steps
            .push(Step::GitOps(Ask::Application(key.clone(), None)));
        return plan;
    };
    let mut pass = Pass::new(store, app, context);
    if app.meta.deleted.is_some() {
        delete(&mut pass);
        return finish(pass);
    }
    let ended = operation::go_on(&mut pass);
    refresh(&mut pass, ended);
    finish(pass)
}

fn finish(pass: Pass<'_>) -> Plan {
    let name = &pass.found.key.name;
    let why = texts::delivery::argo_cd_notes(name);
    pass.finish(Note::detail("update", "StatusUpdated", why))
}

/// How long a comparison counts, for one Application: the interval, and a part of its own of the
/// jitter, drawn anew after each look; none if it counts until a webhook or a person asks.
fn expiry(pass: &Pass<'_>, looked: Millis) -> Option<Millis> {
    let timings = pass.context.timings;
    let seed = pass.found.meta.uid.bytes().fold(looked, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let namespace = &pass.found.key.namespace;
    let jitter = configured(&pass.trial, namespace, ".jitter").unwrap_or(timings.argocd_jitter);
    let jitter = Random::new(seed).below(jitter.max(1));
    let interval = configured(&pass.trial, namespace, "").unwrap_or(timings.argocd_refresh);
    (interval > 0).then(|| looked.saturating_add(interval).saturating_add(jitter))
}

/// `timeout.reconciliation` of argocd-cm, or what belongs to it. Here it needs no restart to count.
fn configured(store: &Store, namespace: &EcoString, what: &str) -> Option<Millis> {
    let config = store.get(&Key::new("ConfigMap", namespace.clone(), "argocd-cm"))?;
    let field = eco_format!("timeout.reconciliation{what}");
    parse_duration(config.value.at(&["data", &field]).text())
}

/// Whether an object is of Argo CD, and Argo CD looks at git only when it is asked to.
pub(super) fn is_asked_only(store: &Store, key: &Key) -> bool {
    key.kind == "Application" && configured(store, &key.namespace, "") == Some(0)
}

/// Whether the newest commits have to be asked for (`needRefreshAppStatus`).
fn needs_latest(pass: &Pass<'_>) -> bool {
    let status = pass.status();
    let looked = time::parse_rfc3339(status.get("reconciledAt").text());
    let expired = looked.is_none_or(|looked| {
        let expiry = expiry(pass, looked);
        expiry.is_some_and(|expiry| pass.context.now >= expiry)
    });
    expired
        || pass.found.annotation(REFRESH).is_some()
        || status.at(&["sync", "comparedTo"]) != &compared_to(pass.spec())
}

/// `status.sync.comparedTo`.
fn compared_to(spec: &Value) -> Value {
    let mut compared = kube::map! {};
    for field in ["source", "sources", "destination", "ignoreDifferences"] {
        compared.set(field, spec.get(field).clone());
    }
    compared
}

/// Compares, and notes what comes of it (`processAppRefreshQueueItem`).
fn refresh(pass: &mut Pass<'_>, ended: bool) {
    let latest = ended || needs_latest(pass);
    if let Some(fault) = spec::fault(&pass.trial, &pass.found.key, pass.spec()) {
        condition(pass, "InvalidSpecError", Some(fault));
        set_sync(pass, "Unknown", &[]);
        set_health(pass, "Unknown", EcoString::new());
        return;
    }
    condition(pass, "InvalidSpecError", None);
    let revisions = if latest {
        Vec::new()
    } else {
        revisions(pass.status().get("sync"))
    };
    let generated = generate(pass, &revisions);
    let comparison = compared(pass, &generated);
    let failure = failure(&generated);
    let is_unknown = failure.is_some();
    condition(
        pass,
        "ComparisonError",
        failure.map(|why| eco_format!("Failed to load target state: {why}")),
    );
    let status = match comparison.is_synced() {
        _ if is_unknown => "Unknown",
        true => "Synced",
        false => "OutOfSync",
    };
    let commits = generated.map_or_else(|_| Vec::new(), |it| it.revisions);
    let commits: Vec<EcoString> = commits.iter().map(|oid| eco_format!("{oid}")).collect();
    tell(pass, &commits, &comparison);
    let sync_error = auto::sync(pass, status, &commits, &comparison);
    condition(pass, "SyncError", sync_error);
    if latest {
        let stamp = pass.stamp();
        pass.status_mut().set("reconciledAt", stamp);
        let metadata = pass.value.entry("metadata");
        if !metadata.at(&["annotations", REFRESH]).is_null() {
            metadata.entry("annotations").set(REFRESH, Value::Null);
        }
    }
    set_sync(pass, status, &commits);
    let (code, causes) = comparison.health();
    set_health(pass, code.as_str(), causes);
    pass.status_mut()
        .set("resources", comparison.resources(is_unknown));
    let looked = time::parse_rfc3339(pass.status().get("reconciledAt").text());
    if let Some(next) = expiry(pass, looked.unwrap_or(pass.context.now)) {
        let after = next.saturating_sub(pass.context.now);
        pass.plan.look_again(after.max(1));
    }
}

/// Says that another commit is there, and what it changes.
fn tell(pass: &mut Pass<'_>, commits: &[EcoString], comparison: &Comparison) {
    let before = revisions(pass.status().get("sync"));
    let (Some(commit), true) = (commits.last(), commits != before) else {
        return;
    };
    let counted = comparison.managed.iter().filter(|it| !it.is_skipped());
    let all = counted.clone().count();
    let differing = counted.filter(|it| it.is_out_of_sync()).count();
    pass.ask(Ask::Since(commit.clone()));
    let (key, commit) = (pass.found.key.clone(), short(commit));
    let why = texts::delivery::commit_seen(commit, differing, all, &key);
    pass.plan
        .say(&key, Note::story("compare", "CommitSeen", why));
}

/// The commits that were compared with last.
fn revisions(sync: &Value) -> Vec<EcoString> {
    match sync.get("revisions").items() {
        [] => vec![sync.get("revision").to_text()],
        several => several.iter().map(Value::to_text).collect(),
    }
}

fn failure(generated: &Result<Generated, EcoString>) -> Option<EcoString> {
    match generated {
        Err(why) => Some(why.clone()),
        Ok(generated) => generated.targets.as_ref().err().cloned(),
    }
}

fn compared(pass: &Pass<'_>, generated: &Result<Generated, EcoString>) -> Comparison {
    let targets = generated
        .as_ref()
        .ok()
        .and_then(|it| it.targets.as_ref().ok());
    let targets = targets.map_or(&[][..], |targets| &targets[..]);
    compare::compare(&pass.trial, pass.context.now, &pass.value, targets)
}

/// What the sources render to; known already if neither they nor their commits are others.
fn generate(pass: &mut Pass<'_>, revisions: &[EcoString]) -> Result<Generated, EcoString> {
    let (context, key) = (pass.context, pass.found.key.clone());
    let repositories = &context.delivery.repositories;
    let mut asked = compared_to(pass.spec());
    asked.set("ignoreDifferences", Value::Null);
    let kept = memory(pass).filter(|it| it.asked == asked);
    if let Some(Ok(known)) = kept.as_ref().map(|it| &it.generated)
        && known.revisions == resolved(repositories, pass.spec(), revisions)
    {
        return Ok(known.clone());
    }
    let generated = manifests::generate(repositories, &key, pass.spec(), revisions, context.now);
    let memory = Memory {
        asked,
        generated: generated.clone(),
        next_wave: kept.map_or(0, |it| it.next_wave),
    };
    pass.ask(Ask::Application(key, Some(Rc::new(memory))));
    generated
}

/// What is kept about the Application, or is to be kept from this look on.
fn memory(pass: &Pass<'_>) -> Option<Rc<Memory>> {
    let asked = pass.plan.steps.iter().rev().find_map(|step| match step {
        Step::GitOps(Ask::Application(_, memory)) => memory.clone(),
        _ => None,
    });
    let kept = &pass.context.delivery.gitops.applications;
    asked.or_else(|| kept.get(&pass.found.key).cloned())
}

/// The commits that the sources mean now, or meant at the given revisions; fewer where one means
/// nothing.
fn resolved(
    repositories: &source::Repositories,
    spec: &Value,
    revisions: &[EcoString],
) -> Vec<Oid> {
    let sources = spec::sources(spec).into_iter().enumerate();
    let commit = |(at, source): (usize, &Value)| {
        let asked = source.get("targetRevision").to_text();
        let revision = revisions
            .get(at)
            .filter(|it| !it.is_empty())
            .unwrap_or(&asked);
        let repository = source::repository(repositories, source.get("repoURL").text()).ok()?;
        source::resolve(repository, revision)
    };
    sources.filter_map(commit).collect()
}

/// Sets or removes a condition of the Application.
fn condition(pass: &mut Pass<'_>, kind: &str, message: Option<EcoString>) {
    let stamp = pass.stamp();
    let before = pass.status().get("conditions").items();
    let is_kind = |it: &&Value| it.get("type").text() == kind;
    let old = before.iter().find(is_kind);
    if old.map(|it| it.get("message").to_text()) == message {
        return;
    }
    let mut all: Vec<Value> = before.iter().filter(|it| !is_kind(it)).cloned().collect();
    if let Some(message) = message {
        let about = pass.found.key.clone();
        pass.plan
            .say(&about, Note::warning("fail", kind, message.clone()));
        all.push(
            kube::map! { "type" => kind, "message" => message, "lastTransitionTime" => stamp },
        );
    }
    let all = if all.is_empty() {
        Value::Null
    } else {
        all.into()
    };
    pass.status_mut().set("conditions", all);
}

fn set_sync(pass: &mut Pass<'_>, status: &str, commits: &[EcoString]) {
    let before = pass.status().at(&["sync", "status"]).to_text();
    if before != status {
        let message = eco_format!("Updated sync status: {before} -> {status}");
        pass.event(Note::detail("event", "ResourceUpdated", message));
    }
    let compared = compared_to(pass.spec());
    let several = !pass.spec().get("sources").items().is_empty();
    let one = commits.first().filter(|_| !several).cloned();
    let all: Option<Value> = several.then(|| commits.iter().cloned().collect());
    let sync = kube::map! {
        "status" => status,
        "comparedTo" => compared,
        "revision" => one,
        "revisions" => all,
    };
    pass.status_mut().set("sync", sync);
}

fn set_health(pass: &mut Pass<'_>, status: &str, causes: EcoString) {
    let before = pass.status().at(&["health", "status"]).to_text();
    if before == status {
        return;
    }
    let mut message = eco_format!("Updated health status: {before} -> {status}");
    if !causes.is_empty() {
        message = eco_format!("{message} ({causes})");
    }
    pass.event(Note::detail("event", "ResourceUpdated", message));
    let causes = Some(causes).filter(|causes| !causes.is_empty());
    let health = kube::map! {
        "status" => status,
        "message" => causes,
        "lastTransitionTime" => pass.stamp(),
    };
    pass.status_mut().set("health", health);
}

/// An Application that is to be deleted takes along what it made, if it has the finalizer.
fn delete(pass: &mut Pass<'_>) {
    let finalizers = pass.value.at(&["metadata", "finalizers"]).items();
    let is_ours = |it: &&Value| it.text().starts_with(FINALIZER);
    let Some(ours) = finalizers.iter().find(is_ours).cloned() else {
        return;
    };
    let owned = compare::compare(&pass.trial, pass.context.now, &pass.value, &[]).managed;
    if owned.is_empty() {
        let left: Vec<Value> = finalizers
            .iter()
            .filter(|it| **it != ours)
            .cloned()
            .collect();
        pass.value.entry("metadata").set("finalizers", left);
        return;
    }
    let options = DeleteOptions {
        propagation: match ours.text().ends_with("/background") {
            true => Propagation::Background,
            false => Propagation::Foreground,
        },
        ..DeleteOptions::default()
    };
    for managed in owned {
        let is_going = managed.live.is_some_and(|live| live.meta.deleted.is_some());
        if !is_going {
            let why = texts::delivery::belongs_to_deleted(&managed.key, &pass.found.key);
            let note = Note::story("delete", "Pruned", why);
            // A refusal stands in the trace; it is tried again at the next look.
            let _ = pass.write(&managed.key, Verb::Delete(options.clone()), note);
        }
    }
}

/// Whether there is nothing to wait for: git has nothing new, no sync is under way, and what differs
/// is left alone.
pub(super) fn is_idle(store: &Store, key: &Key, context: &Context<'_>) -> bool {
    let Some(app) = store.get(key) else {
        return true;
    };
    let (spec, status) = (app.spec(), app.status());
    let seen = revisions(status.get("sync"));
    let now = resolved(&context.delivery.repositories, spec, &[]);
    // Where a repository or a branch is missing, nothing new can come.
    let is_lost = now.len() < spec::sources(spec).len();
    let now: Vec<EcoString> = now.iter().map(|oid| eco_format!("{oid}")).collect();
    let of = |path: &[&str]| spec::text(status, path);
    let heals = spec::automated(spec, "selfHeal")
        && of(&["sync", "status"]) == "OutOfSync"
        && of(&["operationState", "phase"]) == "Succeeded";
    let was_seen = !status.get("reconciledAt").is_null() || !status.get("conditions").is_null();
    was_seen && app.value.get("operation").is_null() && !heals && (is_lost || seen == now)
}

/// Whether an Application reads a repository.
pub(super) fn reads(spec: &Value, repository: &str) -> bool {
    let is = |source: &Value| source::name_of(source.get("repoURL").text()) == repository;
    spec::sources(spec).into_iter().any(is)
}

/// What has become of a repository's commit in the first Application that reads it.
pub(super) fn delivered(world: &World, repository: &str, commit: Oid) -> Option<Delivered> {
    let applications = world.store.list("Application");
    let mut readers = applications.iter();
    let app = readers.find(|app| reads(app.spec(), repository))?;
    let of = |path: &[&str]| app.status().at(path).to_text();
    let synced = of(&["operationState", "syncResult", "revision"]);
    let name = &app.key.name;
    if synced != eco_format!("{commit}") {
        let waits = texts::stage::WAITS_FOR_ARGO_CD;
        return Some(Delivered::waits(waits, name));
    }
    Some(Delivered {
        progress: match of(&["operationState", "phase"]).as_str() {
            "Succeeded" => Progress::Done,
            "Failed" | "Error" => Progress::Failed,
            _ => Progress::Active,
        },
        title: of(&["sync", "status"]),
        detail: texts::stage::application_is(name, &of(&["health", "status"])),
    })
}

/// `operation` of a sync that a person asks for.
///
/// # Errors
/// In the words of `argocd app sync`.
pub(crate) fn sync_operation(app: &Object, prune: bool) -> Result<Value, EcoString> {
    idle(app)?;
    Ok(kube::map! {
        "sync" => kube::map! {
            "prune" => prune.then_some(true),
            "syncOptions" => app.spec().at(&["syncPolicy", "syncOptions"]).clone(),
        },
        "initiatedBy" => kube::map! { "username" => "you" },
        "retry" => app.spec().at(&["syncPolicy", "retry"]).clone(),
    })
}

/// `operation` of a return to a sync of the history.
///
/// # Errors
/// In the words of `argocd app rollback`.
pub(crate) fn rollback_operation(app: &Object, id: i64) -> Result<Value, EcoString> {
    idle(app)?;
    if spec::is_automated(app.spec()) {
        return Err("rollback cannot be initiated when auto-sync is enabled".into());
    }
    let history = app.status().get("history").items();
    let is_meant = |it: &&Value| it.get("id").as_int() == Some(id);
    let Some(entry) = history.iter().find(is_meant) else {
        let name = &app.key.name;
        return Err(eco_format!(
            "application {name} does not have deployment with id {id}"
        ));
    };
    let of = |field: &str| entry.get(field).clone();
    Ok(kube::map! {
        "sync" => kube::map! {
            "revision" => of("revision"),
            "revisions" => of("revisions"),
            "source" => of("source"),
            "sources" => of("sources"),
            "syncOptions" => app.spec().at(&["syncPolicy", "syncOptions"]).clone(),
        },
        "initiatedBy" => kube::map! { "username" => "you" },
    })
}

fn idle(app: &Object) -> Result<(), EcoString> {
    match app.value.get("operation").is_null() {
        true => Ok(()),
        false => Err("another operation is already in progress".into()),
    }
}
