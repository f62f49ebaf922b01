//! Argo CD's ApplicationSet controller: makes an Application of a template for each set of parameters
//! (`applicationset/controllers/applicationset_controller.go`).

use super::generators::{self, Generators, Parameters};
use super::{FINALIZER, REFRESH, spec};
use crate::cluster::{self, Context, Controller};
use crate::delivery::git::Oid;
use crate::gitops::pass::Pass;
use crate::gitops::source::{self, Repositories};
use crate::gitops::{Ask, source::name_of};
use crate::plan::{Plan, Step};
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::{DeleteOptions, Verb};
use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value, map};
use std::rc::Rc;

/// Asks for a look: a webhook, or a person.
pub(crate) const REFRESH_SET: &str = "argocd.argoproj.io/application-set-refresh";
/// How often git is asked (`DefaultRequeueAfterSeconds`), and how soon after a mistake
/// (`ReconcileRequeueOnValidationError`).
const INTERVAL: Millis = 180_000;
/// Annotations of an Application that are not the template's (`defaultPreservedAnnotations`).
const PRESERVED: [&str; 2] = ["notified.notifications.argoproj.io", REFRESH];

pub(crate) const CONTROLLER: Controller = Controller {
    name: "argocd-applicationset-controller",
    watches,
    batch: 0,
    reconcile,
};

/// An ApplicationSet is looked at when somebody changes it, and when an Application of it is another.
fn watches(_: &Store, change: &Change, keys: &mut Vec<Key>) {
    let new = &change.new;
    match new.key.kind.as_str() {
        "ApplicationSet" => {
            let asks = |object: &Rc<Object>| {
                let refresh = object.annotation(REFRESH_SET).map(EcoString::from);
                (object.meta.generation, refresh)
            };
            let is_asked = change.old.as_ref().map(asks) != Some(asks(new));
            if is_asked || change.kind == ChangeKind::Deleted {
                keys.push(new.key.clone());
            }
        }
        "Application" => cluster::owners(change, "ApplicationSet", keys),
        _ => {}
    }
}

/// Why nothing could be made, or not all of it: the message and the reason.
type Fault = (EcoString, &'static str);

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let Some(set) = store.get(key) else {
        let mut plan = Plan::settled();
        let ask = Ask::Generated(key.clone(), None);
        plan.steps.push(Step::GitOps(ask));
        return plan;
    };
    if set.meta.deleted.is_some() {
        return Plan::settled();
    }
    let mut pass = Pass::new(store, set, context);
    let read = resolved(&context.delivery.repositories, set.spec());
    if context.delivery.gitops.sets.get(key) != Some(&read) {
        pass.ask(Ask::Generated(key.clone(), Some(read.clone())));
    }
    let outcome = generate(&pass).map(|wanted| keep(&mut pass, wanted));
    let (fault, is_generated) = match outcome {
        Err(fault) => (Some(fault), false),
        Ok(fault) => (fault, true),
    };
    set_conditions(&mut pass, fault.as_ref(), is_generated);
    set_resources(&mut pass);
    if fault.is_some() || !read.is_empty() {
        let asked = set.spec().get("generators").items().iter();
        let every = asked
            .filter_map(|it| it.at(&["git", "requeueAfterSeconds"]).as_int())
            .filter_map(|seconds| Millis::try_from(seconds).ok())
            .filter(|seconds| *seconds > 0)
            .min();
        let every = every.map_or(INTERVAL, |seconds| seconds.saturating_mul(1_000));
        pass.plan.look_again(every);
    }
    if set.annotation(REFRESH_SET).is_some() {
        let why = texts::delivery::has_looked(key);
        let note = Note::detail("patch", "Refreshed", why);
        let mut annotations = map! {};
        // Null takes it away.
        *annotations.entry(REFRESH_SET) = Value::Null;
        let patch = map! { "metadata" => map! { "annotations" => annotations } };
        let verb = Verb::Patch(kube::api::PatchType::Merge, patch);
        pass.plan.write(key.clone(), "", verb, note);
    }
    let why = texts::delivery::argo_cd_notes(&key.name);
    pass.finish(Note::detail("update", "StatusUpdated", why))
}

/// The Applications that there are to be, each by its name.
fn generate(pass: &Pass<'_>) -> Result<Vec<Value>, Fault> {
    let spec = pass.spec();
    let is_go = spec.get("goTemplate").as_bool() == Some(true);
    let options = spec.get("goTemplateOptions").items();
    let generators = Generators {
        repositories: &pass.context.delivery.repositories,
        go_template: is_go.then_some(options),
        now: pass.context.now,
    };
    let sets = generators
        .parameters(spec.get("generators"))
        .map_err(|why| (why, "ApplicationGenerationFromParamsError"))?;
    let made = sets.iter().map(|set| application(pass, &generators, set));
    made.collect::<Result<_, _>>()
        .map_err(|why| (why, "RenderTemplateParamsError"))
}

/// One Application (`utils.RenderTemplateParams`).
fn application(
    pass: &Pass<'_>,
    generators: &Generators<'_>,
    params: &Parameters,
) -> Result<Value, EcoString> {
    let spec = pass.spec();
    let template = generators.filled(spec.get("template"), params)?;
    let of = |field: &str| template.at(&["metadata", field]).clone();
    let keeps = spec.at(&["syncPolicy", "preserveResourcesOnDeletion"]);
    let finalizers = match (of("finalizers"), keeps.as_bool()) {
        (Value::Null, Some(true)) => Value::Null,
        (Value::Null, _) => vec![Value::from(FINALIZER)].into(),
        (own, _) => own,
    };
    let mut app = map! {
        "apiVersion" => "argoproj.io/v1alpha1",
        "kind" => "Application",
        "metadata" => map! {
            "name" => of("name"),
            "namespace" => &pass.found.key.namespace,
            "labels" => of("labels"),
            "annotations" => of("annotations"),
            "finalizers" => finalizers,
        },
        "spec" => template.get("spec").clone(),
    };
    if let Some(over) = spec.get("templatePatch").as_str() {
        app = generators.patched(app, over, params)?;
    }
    let owner = vec![pass.found.as_controller()];
    app.entry("metadata").set("ownerReferences", owner);
    Ok(app)
}

/// Whether the set may update, and delete, Applications (`syncPolicy.applicationsSync`).
fn policy(spec: &Value) -> (bool, bool) {
    match spec.at(&["syncPolicy", "applicationsSync"]).text() {
        "create-only" => (false, false),
        "create-update" => (true, false),
        "create-delete" => (false, true),
        _ => (true, true),
    }
}

/// The Applications that a set owns, by name.
fn owned(store: &Store, set: &Object) -> Vec<Rc<Object>> {
    let owned = store.owned_by(&set.meta.uid);
    let mut apps: Vec<Rc<Object>> = owned
        .filter(|it| it.key.kind == "Application")
        .cloned()
        .collect();
    lean::sort_by(&mut apps, |a, b| a.key.cmp(&b.key));
    apps
}

/// Creates, updates and deletes Applications until they are as generated. Returns what is wrong with
/// those that are left out.
fn keep(pass: &mut Pass<'_>, wanted: Vec<Value>) -> Option<Fault> {
    let (updates, deletes) = policy(pass.spec());
    let mut faults: Vec<Fault> = Vec::new();
    let mut names: Vec<Key> = Vec::new();
    for app in wanted {
        let key = Key::of(&app);
        if names.contains(&key) {
            let why = eco_format!(
                "ApplicationSet {} contains applications with duplicate name: {}",
                pass.found.key.name,
                key.name
            );
            faults.push((why, "ApplicationValidationError"));
            continue;
        }
        names.push(key.clone());
        if let Some(why) = invalid(&pass.trial, &key, app.get("spec")) {
            faults.push((why, "ApplicationValidationError"));
            continue;
        }
        if let Err(why) = bring(pass, &key, app, updates) {
            faults.push((why, "UpdateApplicationError"));
        }
    }
    if deletes {
        for app in owned(&pass.trial, &pass.found.clone()) {
            if names.contains(&app.key) || app.meta.deleted.is_some() {
                continue;
            }
            let name = &app.key.name;
            let why = texts::delivery::no_parameters(name);
            let note = Note::story("delete", "Deleted", why);
            let verb = Verb::Delete(DeleteOptions::default());
            if pass.write(&app.key, verb, note).is_ok() {
                let said = eco_format!("Deleted Application {name:?}");
                pass.event(Note::detail("event", "Deleted", said));
            }
        }
    }
    let more = faults.len().saturating_sub(1);
    let (message, reason) = faults.pop()?;
    Some(match more {
        0 => (message, reason),
        more => (eco_format!("{message} (and {more} more)"), reason),
    })
}

/// What keeps an Application from being made (`validateGeneratedApplications`).
fn invalid(store: &Store, app: &Key, spec: &Value) -> Option<EcoString> {
    if let Some(project) = spec::missing_project(store, app, spec) {
        return Some(eco_format!(
            "application references project {project} which does not exist"
        ));
    }
    let why = spec::wrong_destination(spec)?;
    Some(eco_format!(
        "application destination spec is invalid: {why}"
    ))
}

/// Creates or updates one Application.
fn bring(pass: &mut Pass<'_>, key: &Key, app: Value, updates: bool) -> Result<(), EcoString> {
    let name = &key.name;
    let set = pass.found.key.clone();
    let (verb, word, why) = match pass.trial.get(key) {
        None => {
            let why = texts::delivery::makes_application(&set, name);
            (Verb::Create(app), "created", why)
        }
        Some(_) if !updates => return Ok(()),
        Some(live) => {
            let next = merged(&live.value, &app);
            if next == live.value {
                return Ok(());
            }
            let why = texts::delivery::brings_to_template(&set, name);
            (Verb::Update(next), "updated", why)
        }
    };
    let note = Note::story(
        if word == "created" {
            "create"
        } else {
            "update"
        },
        "Generated",
        why,
    );
    pass.write(key, verb, note)
        .map_err(|status| status.message)?;
    let said = eco_format!("{word} Application {name:?}");
    pass.event(Note::detail("event", word, said));
    Ok(())
}

/// A live Application with what the set decides of it.
fn merged(live: &Value, app: &Value) -> Value {
    let mut next = live.clone();
    next.set("spec", app.get("spec").clone());
    let kept: Vec<(&str, Value)> = PRESERVED
        .iter()
        .map(|name| (*name, live.at(&["metadata", "annotations", name]).clone()))
        .filter(|(_, value)| !value.is_null())
        .collect();
    let metadata = next.entry("metadata");
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        metadata.set(field, app.at(&["metadata", field]).clone());
    }
    for (name, value) in kept {
        metadata.entry("annotations").set(name, value);
    }
    next
}

/// The three conditions (`setApplicationSetStatusCondition`).
fn set_conditions(pass: &mut Pass<'_>, fault: Option<&Fault>, is_generated: bool) {
    const GENERATED: &str = "Successfully generated parameters for all Applications";
    const UP_TO_DATE: &str = "ApplicationSetUpToDate";
    let message = fault.map_or(GENERATED, |(why, _)| why);
    let reason = fault.map_or(UP_TO_DATE, |(_, reason)| reason);
    let failed = fault.is_some();
    let generated = match is_generated {
        true => (GENERATED, "ParametersGenerated"),
        false => (message, "ErrorOccurred"),
    };
    let current = if failed {
        message
    } else {
        "ApplicationSet up to date"
    };
    let all = [
        ("ErrorOccurred", failed, (message, reason)),
        ("ParametersGenerated", is_generated, generated),
        ("ResourcesUpToDate", !failed, (current, reason)),
    ];
    let before = pass.status().get("conditions").items().to_vec();
    let is_same = |condition: &Value, name: &str, status: &str, message: &str| {
        let of = |field: &str| condition.get(field).text();
        (of("type"), of("status"), of("message")) == (name, status, message)
    };
    let mut conditions = Vec::new();
    for (name, holds, (message, reason)) in all {
        let status = if holds { "True" } else { "False" };
        let kept = before.iter().find(|it| is_same(it, name, status, message));
        if kept.is_none() && name == "ErrorOccurred" && failed {
            let about = pass.found.key.clone();
            pass.plan
                .say(&about, Note::warning("fail", reason, message));
        }
        conditions.push(kept.cloned().unwrap_or_else(|| {
            map! {
                "type" => name,
                "status" => status,
                "reason" => reason,
                "message" => message,
                "lastTransitionTime" => pass.stamp(),
            }
        }));
    }
    pass.status_mut().set("conditions", conditions);
}

/// `status.resources`: the Applications, and how they are.
fn set_resources(pass: &mut Pass<'_>) {
    let row = |app: &Rc<Object>| {
        let status = app.status();
        map! {
            "group" => "argoproj.io",
            "health" => map! { "status" => status.at(&["health", "status"]).clone() },
            "kind" => "Application",
            "name" => &app.key.name,
            "namespace" => &app.key.namespace,
            "status" => status.at(&["sync", "status"]).clone(),
            "version" => "v1alpha1",
        }
    };
    let apps = owned(&pass.trial, &pass.found.clone());
    let rows: Vec<Value> = apps.iter().map(row).collect();
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let status = pass.status_mut();
    status.set("resources", rows);
    status.set("resourcesCount", count);
}

/// The commits that the git generators read at this moment.
fn resolved(repositories: &Repositories, spec: &Value) -> Vec<Oid> {
    let sources = generators::sources(spec.get("generators")).into_iter();
    let commit = |(url, revision): (&str, &str)| {
        let repository = source::repository(repositories, url).ok()?;
        source::resolve(repository, revision)
    };
    sources.filter_map(commit).collect()
}

/// Whether git has nothing new for an ApplicationSet.
pub(crate) fn is_idle(store: &Store, key: &Key, context: &Context<'_>) -> bool {
    let Some(set) = store.get(key) else {
        return true;
    };
    let now = resolved(&context.delivery.repositories, set.spec());
    let seen = context.delivery.gitops.sets.get(key);
    seen.is_none_or(|seen| *seen == now)
}

/// Whether an ApplicationSet's generators read a repository.
pub(crate) fn reads(spec: &Value, repository: &str) -> bool {
    let sources = generators::sources(spec.get("generators"));
    sources.iter().any(|(url, _)| name_of(url) == repository)
}
