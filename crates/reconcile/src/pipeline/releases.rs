//! Helm releases in a world: what `helm upgrade --install` does to the cluster.
//!
//! Helm renders the chart, compares with the last release, asks the API server for the difference,
//! and is done. What follows in the cluster is not Helm's work; with `--wait` it watches it.

use super::{Event, charts, runs};
use crate::delivery::actions::event::Spot;
use crate::delivery::actions::machine::Answer;
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::git::{Oid, Tree};
use crate::engine::{self, World};
use crate::trace::{EntryId, Note};
use crate::view::Problem;
use ecow::{EcoString, EcoVec, eco_format};
use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Key, Millis, Status, Value};
use std::rc::Rc;

const HELM: &str = "helm";
/// How often `helm --wait` looks.
const POLL: Millis = 1_000;

/// A revision of a release, and where it came from.
#[derive(Clone, Debug)]
pub struct Release {
    /// What Helm writes down of it.
    pub record: Rc<helm::Release>,
    /// When its status changed last.
    pub updated: Millis,
    /// The commit it was rendered from.
    pub commit: Oid,
    /// What it consists of, in the order of its installation.
    pub objects: EcoVec<Value>,
    /// Until when `--wait` waits.
    deadline: Millis,
    rollback_on_failure: bool,
}

impl Release {
    fn is(&self, namespace: &str, name: &str) -> bool {
        self.record.namespace == namespace && self.record.name == name
    }
}

/// The newest revision of a release.
pub(super) fn newest<'a>(world: &'a World, namespace: &str, name: &str) -> Option<&'a Release> {
    world
        .delivery
        .releases
        .iter()
        .rev()
        .find(|release| release.is(namespace, name))
}

/// The revision that was installed well last, with its place: what the next is compared with.
pub(super) fn deployed<'a>(
    world: &'a World,
    namespace: &str,
    name: &str,
) -> Option<(usize, &'a Release)> {
    world
        .delivery
        .releases
        .iter()
        .enumerate()
        .rev()
        .find(|(_, release)| {
            release.is(namespace, name) && release.record.status == helm::Status::Deployed
        })
}

/// Renders what an upgrade would install now.
pub(super) fn render(
    world: &World,
    repository: &str,
    files: &Tree,
    upgrade: &HelmUpgrade,
) -> Result<charts::Rendered, Vec<Problem>> {
    let (namespace, name) = (&upgrade.namespace, &upgrade.release);
    let revision = newest(world, namespace, name).map_or(0, |it| it.record.revision) + 1;
    let first = deployed(world, namespace, name).is_none();
    let place = charts::Place {
        repository,
        files,
        now: world.now,
    };
    charts::render(place, upgrade, revision, first)
}

/// Installs a release before the lab opens.
pub(crate) fn install(
    world: &mut World,
    repository: &str,
    files: &Tree,
    commit: Oid,
    upgrade: &HelmUpgrade,
) -> Result<(), Vec<Problem>> {
    let rendered = render(world, repository, files, upgrade)?;
    world.begin();
    apply(world, upgrade, commit, rendered, None);
    Ok(())
}

/// Carries out a `helm upgrade` that a workflow's step asks for. Returns the entry that says so.
pub(super) fn upgrade(
    world: &mut World,
    run: usize,
    spot: Spot,
    commit: Oid,
    upgrade: &HelmUpgrade,
) -> EntryId {
    let name = world.delivery.runs[run].run.repository().to_owned();
    let repository = world.delivery.repositories.get(name.as_str());
    let files = repository
        .map(|repository| repository.files(commit))
        .unwrap_or_default();
    match render(world, &name, &files, upgrade) {
        Ok(rendered) => apply(world, upgrade, commit, rendered, Some((run, spot))),
        Err(problems) => {
            let first = problems.first();
            let message = first
                .map(|problem| problem.message.clone())
                .unwrap_or_default();
            let what = match deployed(world, &upgrade.namespace, &upgrade.release) {
                None => "INSTALLATION",
                Some(_) => "UPGRADE",
            };
            let error = eco_format!("Error: {what} FAILED: {message}");
            let entry = world.note(
                HELM,
                None,
                Note::warning("fail", "RenderFailed", error.clone()),
            );
            runs::answer(world, (run, spot), Answer::failed(1, error));
            entry
        }
    }
}

/// Asks the API server for the difference between the last release and this one.
fn apply(
    world: &mut World,
    upgrade: &HelmUpgrade,
    commit: Oid,
    rendered: charts::Rendered,
    waits: Option<(usize, Spot)>,
) -> EntryId {
    let (namespace, name) = (&upgrade.namespace, &upgrade.release);
    let before = deployed(world, namespace, name).map(|(_, release)| release.objects.clone());
    let revision = rendered.record.revision;
    let release = Release {
        record: Rc::new(rendered.record),
        updated: world.now,
        commit,
        objects: rendered.objects.into(),
        deadline: world.now + upgrade.timeout,
        rollback_on_failure: upgrade.rollback_on_failure,
    };
    let at = world.delivery.releases.len();
    world.delivery.releases.push(release);
    let why = eco_format!(
        "Helm renders the chart for revision {revision} of {name} and compares it with {}.",
        if before.is_some() {
            "the last revision"
        } else {
            "nothing: this is the first"
        }
    );
    let entry = world.note(HELM, None, Note::story("upgrade", "HelmUpgrade", why));
    world.because(entry);
    if upgrade.create_namespace {
        create_namespace(world, namespace);
    }
    let old = before.unwrap_or_default();
    let new = world.delivery.releases[at].objects.clone();
    let keys = new.iter().map(|object| key_of(object, namespace));
    let keys: Vec<Key> = keys.collect();
    world.delivery.tints.deliver(commit, keys.iter().cloned());
    match apply_objects(world, &old, &new, namespace) {
        Err(status) => fail(world, at, &status.message, waits),
        Ok(changed) => {
            if !changed {
                let why = eco_format!(
                    "What revision {revision} renders equals what is there: Helm has nothing to change, and no pod restarts."
                );
                world.note(HELM, None, Note::nothing("NoChange", why));
            }
            match upgrade.wait {
                true => world.after(POLL, engine::Event::Delivery(Event::Wait(at, waits))),
                false => succeed(world, at, waits),
            }
        }
    }
    entry
}

fn create_namespace(world: &mut World, name: &str) {
    let key = Key::new("Namespace", "", name);
    if world.store.get(&key).is_none() {
        let object = kube::map! {
            "apiVersion" => "v1",
            "kind" => "Namespace",
            "metadata" => kube::map! { "name" => name },
        };
        let why = eco_format!("--create-namespace: {name} is not there yet.");
        let _ = world.request(
            HELM,
            key,
            "",
            Verb::Create(object),
            Note::detail("create", "Namespace", why),
        );
    }
}

fn key_of(object: &Value, namespace: &str) -> Key {
    let key = Key::of(object);
    if key.namespace.is_empty() || !object.at(&["metadata", "namespace"]).is_null() {
        return key;
    }
    Key {
        namespace: namespace.into(),
        ..key
    }
}

/// Brings the cluster from the old manifests to the new ones. Returns whether anything changed.
fn apply_objects(
    world: &mut World,
    old: &[Value],
    new: &[Value],
    namespace: &str,
) -> Result<bool, Status> {
    let version = world.store.version();
    for object in new {
        let key = key_of(object, namespace);
        let last = old.iter().find(|last| key_of(last, namespace) == key);
        let Some(live) = world.store.get(&key).cloned() else {
            let why = eco_format!("{key} is in the chart and not in the cluster: Helm creates it.");
            let note = Note::detail("create", "Applied", why);
            world.request(HELM, key, "", Verb::Create(object.clone()), note)?;
            continue;
        };
        let patch = difference(last.unwrap_or(&Value::NULL), object);
        if patch == kube::map! {} {
            continue;
        }
        let paths = changed_paths(last.unwrap_or(&Value::NULL), object);
        let why = eco_format!("Helm patches {key}: {}.", paths.join(", "));
        let note = Note::story("patch", "Applied", why);
        let verb = Verb::Patch(PatchType::Merge, patch);
        world.request(HELM, live.key.clone(), "", verb, note)?;
    }
    for object in old {
        let key = key_of(object, namespace);
        let gone = !new.iter().any(|one| key_of(one, namespace) == key);
        if gone && world.store.get(&key).is_some() {
            let why = eco_format!("{key} is no longer in the chart: Helm deletes it.");
            let note = Note::story("delete", "Removed", why);
            world.request(HELM, key, "", Verb::Delete(DeleteOptions::default()), note)?;
        }
    }
    Ok(world.store.version() != version)
}

/// What a merge patch must say to bring an object from one manifest to the next. Fields that neither
/// names stay as the cluster has them.
fn difference(old: &Value, new: &Value) -> Value {
    let mut patch = kube::map! {};
    for (name, value) in new.members() {
        let before = old.get(name);
        if before == value {
            continue;
        }
        let change = match (before, value) {
            (Value::Map(_), Value::Map(_)) => difference(before, value),
            _ => value.clone(),
        };
        *patch.entry(name) = change;
    }
    for (name, _) in old.members() {
        if new.get(name).is_null() {
            *patch.entry(name) = Value::Null;
        }
    }
    patch
}

/// The paths at which two manifests differ, the shortest that say it.
fn changed_paths(old: &Value, new: &Value) -> Vec<EcoString> {
    let mut paths = Vec::new();
    collect(old, new, &EcoString::new(), &mut paths);
    if paths.len() > 3 {
        let more = paths.len() - 3;
        paths.truncate(3);
        paths.push(eco_format!("{more} more"));
    }
    paths
}

fn collect(old: &Value, new: &Value, path: &EcoString, paths: &mut Vec<EcoString>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Map(a), Value::Map(b)) => {
            let mut names: Vec<&EcoString> = a.keys().chain(b.keys()).collect();
            lean::sort(&mut names);
            names.dedup();
            for name in names {
                let deeper = if path.is_empty() {
                    name.clone()
                } else {
                    eco_format!("{path}.{name}")
                };
                collect(old.get(name), new.get(name), &deeper, paths);
            }
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                collect(a, b, &eco_format!("{path}[{at}]"), paths);
            }
        }
        _ => paths.push(path.clone()),
    }
}

/// `--wait`: looks whether everything of a revision is ready.
pub(super) fn check(world: &mut World, at: usize, waits: Option<(usize, Spot)>) {
    let release = &world.delivery.releases[at];
    let record = &release.record;
    if !record.status.is_pending() {
        return;
    }
    let ready = |object: &Value| is_ready(world, &key_of(object, &record.namespace));
    if release.objects.iter().all(ready) {
        return succeed(world, at, waits);
    }
    if world.now >= release.deadline {
        return fail(world, at, "context deadline exceeded", waits);
    }
    world.after(POLL, engine::Event::Delivery(Event::Wait(at, waits)));
}

/// Whether an object is what it is meant to be, as Helm's `--wait` sees it: of workloads, all pods.
fn is_ready(world: &World, key: &Key) -> bool {
    let Some(object) = world.store.get(key) else {
        return false;
    };
    if key.kind != "Deployment" {
        return true;
    }
    let status = object.status();
    let is = |name: &str| status.get(name).as_int().unwrap_or(0);
    let want = object.spec().get("replicas").as_int().unwrap_or(1);
    is("observedGeneration") >= object.meta.generation
        && is("updatedReplicas") == want
        && is("availableReplicas") == want
        && is("replicas") == want
}

/// Turns a revision's record into what became of it, and returns it.
fn turn(world: &mut World, at: usize, to: impl Fn(&mut helm::Release, i64)) -> Rc<helm::Release> {
    let now = world.now;
    let release = &mut world.delivery.releases.make_mut()[at];
    to(Rc::make_mut(&mut release.record), charts::epoch_ms(now));
    release.updated = now;
    release.record.clone()
}

fn supersede(world: &mut World, at: usize) {
    let release = &mut world.delivery.releases.make_mut()[at];
    Rc::make_mut(&mut release.record).status = helm::Status::Superseded;
}

fn succeed(world: &mut World, at: usize, waits: Option<(usize, Spot)>) {
    let record = world.delivery.releases[at].record.clone();
    let (namespace, name) = (&record.namespace, &record.name);
    let before = deployed(world, namespace, name).map(|(before, _)| before);
    if let Some(before) = before {
        supersede(world, before);
    }
    let record = turn(world, at, helm::Release::deployed);
    let (now, revision) = (world.now, record.revision);
    let why = eco_format!(
        "Revision {revision} of {name} is deployed: {}.",
        record.description
    );
    let entry = world.note(HELM, None, Note::story("deployed", "Deployed", why));
    world.because(entry);
    if let Some(waits) = waits {
        let said = match before {
            Some(_) => eco_format!("Release {name:?} has been upgraded. Happy Helming!\n"),
            None => eco_format!("Release {name:?} does not exist. Installing it now.\n"),
        };
        let log = eco_format!(
            "{said}NAME: {name}\nLAST DEPLOYED: {}\nNAMESPACE: {namespace}\nSTATUS: deployed\nREVISION: {}",
            kube::time::rfc3339(now),
            revision
        );
        runs::answer(world, waits, Answer::ok(log));
    }
}

fn fail(world: &mut World, at: usize, message: &str, waits: Option<(usize, Spot)>) {
    let what = match world.delivery.releases[at].record.status {
        helm::Status::PendingInstall => "INSTALLATION",
        _ => "UPGRADE",
    };
    let record = turn(world, at, |record, now| record.failed(message, now));
    let error = eco_format!("Error: {what} FAILED: {message}");
    let why = eco_format!(
        "{error}. Revision {} of {} is marked failed. What it changed stays changed unless it is rolled back.",
        record.revision,
        record.name
    );
    let entry = world.note(HELM, None, Note::warning("fail", "ReleaseFailed", why));
    world.because(entry);
    if world.delivery.releases[at].rollback_on_failure {
        roll_back(world, at);
    }
    if let Some(waits) = waits {
        runs::answer(world, waits, Answer::failed(1, error));
    }
}

/// `--rollback-on-failure`: the manifests of the last good revision, as a new one.
fn roll_back(world: &mut World, failed: usize) {
    let failed = world.delivery.releases[failed].clone();
    let (namespace, name) = (&failed.record.namespace, &failed.record.name);
    let Some((before, good)) = deployed(world, namespace, name) else {
        return;
    };
    let good = good.clone();
    let revision = failed.record.revision + 1;
    let why = eco_format!(
        "--rollback-on-failure: Helm brings back revision {} of {name} as revision {revision}.",
        good.record.revision
    );
    let entry = world.note(HELM, None, Note::story("rollback", "Rollback", why));
    world.because(entry);
    let keys: Vec<Key> = good
        .objects
        .iter()
        .map(|object| key_of(object, namespace))
        .collect();
    world.delivery.tints.deliver(good.commit, keys.into_iter());
    if apply_objects(world, &failed.objects, &good.objects, namespace).is_ok() {
        supersede(world, before);
        let record = good
            .record
            .rolled_back(revision, charts::epoch_ms(world.now));
        let updated = world.now;
        world.delivery.releases.push(Release {
            record: Rc::new(record),
            updated,
            ..good
        });
    }
}
