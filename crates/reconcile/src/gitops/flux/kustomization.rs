//! Kustomization: a folder of manifests that is applied, pruned and waited for at an interval
//! (fluxcd/kustomize-controller).

use super::{
    Artifact, Lack, Memory, artifact, asked, begin, condition, finish, interval, is_asked, keep,
    memory, progressing, readers, ready, ready_condition, shown, source_key, time,
};
use crate::cluster::{Context, Controller};
use crate::delivery::git::Tree;
use crate::gitops::health::{self, Code};
use crate::gitops::pass::Pass;
use crate::gitops::{Ask, diff, render};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::{DeleteOptions, Verb};
use kube::{Change, Key, Object, Status, Store, Value, patch};

pub(crate) const CONTROLLER: Controller = Controller {
    name: "kustomize-controller",
    watches,
    batch: 0,
    reconcile,
};

/// Labels of what a Kustomization made: its name and namespace.
const LABELS: [&str; 2] = [
    "kustomize.toolkit.fluxcd.io/name",
    "kustomize.toolkit.fluxcd.io/namespace",
];
/// When a failure is tried again (`--requeue-dependency`, and the back-off of failures).
const RETRY: kube::Millis = 30_000;

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let new = &change.new;
    if new.key.kind == "Kustomization" && is_asked(change) {
        keys.push(new.key.clone());
    }
    readers(store, change, "Kustomization", &["sourceRef"], keys);
    if !store.has("Kustomization") {
        return;
    }
    // Only while it waits for them does it look at what it made.
    let [name, namespace] = LABELS.map(|label| new.labels().get(label).text());
    if !name.is_empty() {
        let owner = Key::new("Kustomization", namespace, name);
        let waits =
            |it: &std::rc::Rc<Object>| it.condition("Ready").get("status").text() == "Unknown";
        if store.get(&owner).is_some_and(waits) && !keys.contains(&owner) {
            keys.push(owner);
        }
    }
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let (mut pass, found) = match begin(store, key, context) {
        Ok(begun) => begun,
        Err(plan) => return plan,
    };
    let spec = found.spec().clone();
    if super::waits_for_others(&mut pass) {
        return finish(pass);
    }
    let source = source_key(found, &["sourceRef"]);
    match artifact(&pass, &source) {
        Err(Lack::Missing(_)) => {
            let why = eco_format!(
                "Source '{}/{}/{}' not found",
                source.kind,
                source.namespace,
                source.name
            );
            ready(&mut pass, false, "ArtifactFailed", &why);
        }
        Err(Lack::Empty(_)) => {
            let why = "Source is not ready, artifact not found, retrying in 30s";
            ready(&mut pass, false, "ArtifactFailed", why);
            pass.plan.look_again(RETRY);
        }
        Ok(artifact) => act(&mut pass, &artifact, &spec),
    }
    pass.plan.look_again(interval(&spec));
    finish(pass)
}

fn act(pass: &mut Pass<'_>, artifact: &Artifact, spec: &Value) {
    let mut kept = memory(pass);
    let asks = asked(pass, artifact.revision.as_str().into());
    let due = kept.at == 0 || pass.context.now >= kept.at + interval(spec) || kept.asked != asks;
    if due {
        // The look may be one that was to come anyway, after a failure: what is new is the commit.
        if pass.status().get("lastAppliedRevision").text() != artifact.revision {
            pass.ask(Ask::Since(eco_format!("{}", artifact.commit)));
        }
        let repository = pass.context.delivery.repositories.get(&artifact.repository);
        let files = repository
            .map(|it| it.files(artifact.commit))
            .unwrap_or_default();
        let made = build(&pass.found.key, &files, spec)
            .map_err(|why| ("BuildFailed", why))
            .and_then(|objects| {
                apply(pass, artifact, &kept, &objects, spec)
                    .map(|()| objects)
                    .map_err(|why| ("ReconciliationFailed", why))
            });
        kept.asked = asks;
        kept.at = pass.context.now.max(1);
        match made {
            Ok(objects) => kept.applied = objects.into(),
            Err((reason, why)) => {
                ready(pass, false, reason, &why);
                pass.plan.look_again(time(spec, "retryInterval", RETRY));
                // It is applied again then, whether or not anything is new.
                kept.asked = Value::Null;
                return keep(pass, kept);
            }
        }
        keep(pass, kept.clone());
        pass.status_mut()
            .set("lastAppliedRevision", artifact.revision.clone());
    }
    if due || ready_condition(pass).get("status").text() == "Unknown" {
        wait(pass, &kept, artifact, spec);
    }
}

/// The manifests of the folder, with the labels of the Kustomization.
pub(super) fn build(owner: &Key, files: &Tree, spec: &Value) -> Result<Vec<Value>, EcoString> {
    let path = spec.get("path").text();
    let folder = render::join("", path).unwrap_or_default();
    let mut objects = Vec::new();
    let mut any = false;
    for (name, text) in render::below(files, &folder) {
        any = true;
        let is_manifest = name.ends_with(".yaml") || name.ends_with(".yml");
        let is_kustomize = matches!(
            name.rsplit('/').next(),
            Some("kustomization.yaml" | "kustomization.yml")
        );
        if is_manifest && !is_kustomize {
            render::documents(text, &mut objects)
                .map_err(|why| eco_format!("kustomize build failed: {name}: {why}"))?;
        }
    }
    if !any {
        return Err(eco_format!(
            "kustomization path not found: stat {folder}: no such file or directory"
        ));
    }
    for object in &mut objects {
        if object.get("kind").text().is_empty() {
            return Err("kustomize build failed: missing Resource metadata".into());
        }
        place(object, spec);
        let labels = object.entry_at(&["metadata", "labels"]);
        labels.set(LABELS[0], &owner.name);
        labels.set(LABELS[1], &owner.namespace);
    }
    // Namespaces and definitions first, for others need them.
    lean::sort_by_key(&mut objects, |it| {
        !matches!(
            it.get("kind").text(),
            "Namespace" | "CustomResourceDefinition"
        )
    });
    Ok(objects)
}

/// Puts an object into the namespace that the Kustomization says.
pub(super) fn place(object: &mut Value, spec: &Value) -> Key {
    let target = match spec.get("targetNamespace").text() {
        "" => "default",
        target => target,
    };
    if !spec.get("targetNamespace").is_null() && object.get("kind").text() != "Namespace" {
        object.entry("metadata").set("namespace", target);
    }
    diff::place(object, target)
}

/// The write that brings an object to its manifest, and the word for it; none if it is there.
fn write_for(
    store: &Store,
    kept: &Memory,
    object: &Value,
) -> Result<Option<(Verb, &'static str)>, Status> {
    let key = Key::of(object);
    let Some(live) = store.get(&key) else {
        return Ok(Some((Verb::Create(object.clone()), "created")));
    };
    let last = kept.applied.iter().find(|it| Key::of(it) == key);
    let (how, change) = patch::three_way(last.unwrap_or(object), object, &live.value)
        .map_err(|fault| Status::bad_request(&eco_format!("{fault}")))?;
    Ok((change != kube::map! {}).then_some((Verb::Patch(how, change), "configured")))
}

/// Applies all manifests, or none if the server would refuse one; deletes what is no longer among them.
fn apply(
    pass: &mut Pass<'_>,
    artifact: &Artifact,
    kept: &Memory,
    objects: &[Value],
    spec: &Value,
) -> Result<(), EcoString> {
    let before = (pass.trial.clone(), pass.plan.clone());
    let mut lines = Vec::new();
    let mut changed = Vec::new();
    for object in objects {
        let key = Key::of(object);
        let told = |status: Status| {
            let (shown, reason) = (key.path(), status.reason);
            eco_format!("{shown} dry-run failed ({reason}): {}", status.message)
        };
        let written = match write_for(&pass.trial, kept, object) {
            Ok(None) => continue,
            Ok(Some((verb, word))) => {
                let why = texts::delivery::flux_applies(&key, word);
                let note = Note::story(
                    if word == "created" { "create" } else { "patch" },
                    "Applied",
                    why,
                );
                pass.write(&key, verb, note).map(|_| word)
            }
            Err(status) => Err(status),
        };
        match written {
            Ok(word) => lines.push(eco_format!("{} {word}", key.path())),
            Err(status) => {
                (pass.trial, pass.plan) = before;
                return Err(told(status));
            }
        }
        changed.push(key);
    }
    let keys: Vec<Key> = objects.iter().map(Key::of).collect();
    if spec.get("prune").as_bool() == Some(true) {
        for gone in kept
            .applied
            .iter()
            .map(Key::of)
            .filter(|key| !keys.contains(key))
        {
            let why = texts::delivery::flux_deletes(&gone);
            let note = Note::story("delete", "Pruned", why);
            if pass
                .write(&gone, Verb::Delete(DeleteOptions::default()), note)
                .is_ok()
            {
                lines.push(eco_format!("{} deleted", gone.path()));
            }
        }
    }
    let entries = objects.iter().zip(&keys).map(|(object, key)| {
        let Key {
            kind,
            namespace,
            name,
        } = key;
        let group = diff::group_of(object);
        let version = object
            .get("apiVersion")
            .text()
            .rsplit('/')
            .next()
            .unwrap_or_default();
        kube::map! { "id" => eco_format!("{namespace}_{name}_{group}_{kind}"), "v" => version }
    });
    let entries: Value = entries.collect();
    pass.status_mut()
        .set("inventory", kube::map! { "entries" => entries });
    if !lines.is_empty() {
        pass.event(Note::story("event", "Progressing", lines.join("\n")));
        let deliver = crate::plan::Step::GitOps(Ask::Deliver(artifact.commit, changed));
        pass.plan.steps.insert(0, deliver);
    }
    Ok(())
}

/// Waits until what was applied is well, if that is asked for.
fn wait(pass: &mut Pass<'_>, kept: &Memory, artifact: &Artifact, spec: &Value) {
    let revision = &artifact.revision;
    let awaited = |key: &Key| {
        let checks = spec.get("healthChecks").items().iter();
        let mut named = checks.map(|it| (it.get("kind").text(), it.get("name").text()));
        spec.get("wait").as_bool() == Some(true) || named.any(|it| it == (&key.kind, &key.name))
    };
    let bad = kept
        .applied
        .iter()
        .map(Key::of)
        .filter(awaited)
        .filter_map(|key| {
            let code = match pass.trial.get(&key) {
                None => Code::Missing,
                Some(live) => health::of(live)?.0,
            };
            match code {
                Code::Healthy | Code::Suspended => None,
                Code::Degraded => Some(eco_format!("{} status: 'Failed'", key.path())),
                _ => Some(eco_format!("{} status: 'InProgress'", key.path())),
            }
        });
    let bad: Vec<EcoString> = bad.collect();
    if bad.is_empty() {
        let why = eco_format!("Applied revision: {revision}");
        if spec.get("wait").as_bool() == Some(true) {
            condition(pass, "Healthy", "True", "Succeeded", "Health check passed");
        }
        return ready(pass, true, "ReconciliationSucceeded", &why);
    }
    let timeout = time(spec, "timeout", interval(spec));
    let until = kept.at + timeout;
    if pass.context.now < until {
        pass.plan.look_again(until - pass.context.now);
        let why = eco_format!(
            "Running health checks for revision {revision} with a timeout of {}",
            shown(timeout)
        );
        return progressing(pass, &why);
    }
    let (after, bad) = (shown(timeout), bad.join(", "));
    let why = eco_format!("health check failed after {after}: timeout waiting for: [{bad}]");
    condition(pass, "Healthy", "False", "HealthCheckFailed", &why);
    ready(pass, false, "HealthCheckFailed", &why);
}

/// Whether the next look takes a drift back: it applies everything anew.
pub(super) fn will_correct(object: &Object, context: &Context<'_>, store: &Store) -> bool {
    let Some(kept) = context.delivery.gitops.flux.get(&object.key) else {
        return false;
    };
    let drifted = |it: &Value| matches!(write_for(store, kept, it), Ok(Some(_)));
    object.condition("Ready").get("status").text() == "True" && kept.applied.iter().any(drifted)
}
