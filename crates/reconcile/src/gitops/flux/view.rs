//! A HelmRelease or Kustomization for a viewer.

use super::prospect::is_of;
use super::{helm_release, is_suspended, source_key};
use crate::delivery::git::Oid;
use crate::delivery::plan;
use crate::engine::World;
use crate::gitops::{Delivered, diff, resource, short};
use crate::texts::stage;
use crate::view::{ApplicationRow, Progress, ResourceRow};
use ecow::eco_format;
use kube::{Key, Object, Store, Value};
use std::rc::Rc;

/// How an object of Flux is at this moment. Flux has no words for sync and health; the row has those
/// of Argo CD that mean the same.
pub(crate) fn row(world: &World, object: &Object) -> ApplicationRow {
    let context = world.context();
    let ready = object.condition("Ready");
    let health = match ready.get("status").text() {
        "True" => "Healthy",
        "False" => "Degraded",
        _ => "Progressing",
    };
    let kept = world.delivery.gitops.flux.get(&object.key);
    let release = helm_release::newest(&object.key, object.spec(), &context);
    let objects: Vec<Value> = match (object.key.kind.as_str(), release, kept) {
        ("HelmRelease", Some(release), _) => release.objects.to_vec(),
        ("Kustomization", _, Some(kept)) => kept.applied.to_vec(),
        _ => Vec::new(),
    };
    let resources: Vec<ResourceRow> = objects.iter().map(|it| resource(world, it)).collect();
    let synced = resources.iter().all(|it| it.sync == "Synced");
    let revision = match release {
        Some(release) => ecow::eco_format!("{}", release.commit),
        None => object.status().get("lastAppliedRevision").to_text(),
    };
    let sha = short(revision.rsplit(':').next().unwrap_or_default());
    ApplicationRow {
        kind: object.key.kind.clone(),
        namespace: object.key.namespace.clone(),
        name: object.key.name.clone(),
        // Flux has nothing that waits to be asked, unless it is suspended.
        is_automated: !is_suspended(object),
        history: Vec::new(),
        sync: if synced { "Synced" } else { "OutOfSync" }.into(),
        health: health.into(),
        operation: ready.get("reason").to_text(),
        message: ready.get("message").to_text(),
        revision: sha.into(),
        tint: world.delivery.tints.of_sha(sha),
        conditions: Vec::new(),
        resources,
    }
}

/// What has become of a repository's commit in the first HelmRelease or Kustomization that reads it.
pub(crate) fn delivered(world: &World, repository: &str, commit: Oid) -> Option<Delivered> {
    let store = &world.store;
    let reader = |kind: &str, place: &[&str]| {
        let mut all = store.list(kind).into_iter();
        let reads = |it: &&Rc<Object>| is_of(store, &source_key(it, place), repository);
        let found = all.find(reads)?;
        Some((found, store.get(&source_key(found, place))?))
    };
    let kustomization = reader("Kustomization", &["sourceRef"]);
    let (reader, source) = reader("HelmRelease", &helm_release::SOURCE).or(kustomization)?;
    let context = world.context();
    let release = helm_release::newest(&reader.key, reader.spec(), &context);
    if let Some(release) = release.filter(|it| it.commit == commit) {
        return Some(Delivered::release(&release.record));
    }
    // What no release is made of is the Kustomization's to apply.
    let (reader, source) = kustomization.unwrap_or((reader, source));
    let of = |object: &Object, path: &[&str]| object.status().at(path).to_text();
    let fetched = of(source, &["artifact", "revision"]);
    // A source may follow another branch, and who is suspended looks at nothing.
    let is_current = !is_suspended(reader) && fetched.ends_with(eco_format!("{commit}").as_str());
    // What a commit says that changes no release is done when it is fetched.
    let is_seen =
        reader.key.kind == "HelmRelease" || of(reader, &["lastAppliedRevision"]) == fetched;
    let ready = reader.condition("Ready");
    let progress = match ready.get("status").text() {
        "True" if is_current && is_seen => Progress::Done,
        "False" if is_current => Progress::Failed,
        "Unknown" if is_current => Progress::Active,
        _ => {
            let name = &reader.key.name;
            return Some(Delivered::waits(stage::WAITS_FOR_FLUX, name));
        }
    };
    let row = row(world, reader);
    Some(Delivered {
        progress,
        title: row.operation,
        detail: stage::is_in_health(&row.kind, &row.name, &row.health),
    })
}

fn resource(world: &World, object: &Value) -> ResourceRow {
    let key = Key::of(object);
    let live = world.store.get(&key);
    let git = live.map(|live| diff::predict(&world.store, world.now(), live, object, object));
    let differences = match (live, git) {
        (Some(live), Some(git)) => plan::changes(&git, &live.value),
        _ => Vec::new(),
    };
    let synced = live.is_some() && differences.is_empty();
    ResourceRow {
        sync: if synced { "Synced" } else { "OutOfSync" }.into(),
        differences,
        ..resource::row(&world.store, &key)
    }
}

/// Whether a HelmRelease makes this release.
pub(crate) fn makes(store: &Store, namespace: &str, name: &str) -> bool {
    let all = store.list("HelmRelease");
    all.iter().any(|it| {
        let place = helm_release::place(&it.key, it.spec());
        place.0 == namespace && place.1 == name
    })
}
