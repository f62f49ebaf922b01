//! Helm's hand in the cluster: what it reads, and what it asks the API server for.

use super::charts::epoch_ms;
use super::identity;
use super::releases::{HELM, Release};
use crate::cluster;
use crate::delivery::git::Oid;
use crate::delivery::plan;
use crate::engine::World;
use crate::texts;
use crate::trace::Note;
use ecow::EcoString;
use helm::Status;
use helm::release::{Cluster, Resource};
use kube::api::{DeleteOptions, Verb};
use kube::rbac::User;
use kube::{Key, Value};
use std::rc::Rc;

/// Helm at work on a commit.
pub(super) struct HelmClient<'a> {
    pub world: &'a mut World,
    /// In whose name it asks.
    pub user: User,
    pub commit: Oid,
    /// Whether any object of the release was changed.
    pub changed: bool,
}

fn key_of(resource: &Resource) -> Key {
    Key::new(
        resource.kind.as_str(),
        resource.namespace.as_str(),
        resource.name.as_str(),
    )
}

impl HelmClient<'_> {
    fn ask(&mut self, key: Key, verb: Verb, note: Note) -> Result<(), String> {
        let answer = self
            .world
            .request_as(self.user.clone(), HELM, key, "", verb, note);
        self.changed = true;
        answer.map(drop).map_err(|status| status.message.into())
    }

    /// Whether whoever lets Helm work may do something to objects of a kind.
    ///
    /// # Errors
    /// The API server's refusal.
    pub fn may(
        &mut self,
        verb: &'static str,
        kind: &str,
        namespace: &str,
    ) -> Result<(), EcoString> {
        identity::check(self.world, HELM, &self.user, verb, kind, namespace)
    }

    /// Says what a new state of a record means, and lets what follows be led to by it.
    fn tell(&mut self, release: &helm::Release) {
        let (name, revision) = (&release.name, release.revision);
        let said = &release.description;
        let note = match (release.status, release.rollback_of) {
            (Status::PendingRollback, Some(before)) => {
                let why = texts::delivery::helm_brings_back(before, name, revision);
                Note::story("rollback", "Rollback", why)
            }
            (Status::Deployed, before) => {
                if !self.changed && before.is_none() {
                    let why = texts::delivery::nothing_to_change(revision);
                    self.world.note(HELM, None, Note::nothing("NoChange", why));
                }
                let why = texts::delivery::is_deployed(revision, name, said);
                Note::story("deployed", "Deployed", why)
            }
            (Status::Failed, _) => {
                let why = texts::delivery::is_marked_failed(said, revision, name);
                Note::warning("fail", "ReleaseFailed", why)
            }
            _ => return,
        };
        let entry = self.world.note(HELM, None, note);
        self.world.because(entry);
    }

    /// The commit that a new revision is of: a rollback's is that of the revision it brings back.
    fn commit_of(&self, release: &helm::Release) -> Oid {
        let releases = &self.world.delivery.releases;
        let brought_back = releases.iter().find(|it| {
            it.is(&release.namespace, &release.name)
                && Some(it.record.revision) == release.rollback_of
        });
        brought_back.map_or(self.commit, |it| it.commit)
    }

    /// Keeps a new revision, and notes that its objects are of its commit from now on.
    fn add(&mut self, release: &helm::Release) {
        let commit = self.commit_of(release);
        let resources = release.resources(self).unwrap_or_default();
        let keys: Vec<Key> = resources.iter().map(key_of).collect();
        self.world.delivery.tints.deliver(commit, keys.into_iter());
        let objects = resources.into_iter().map(|resource| resource.object);
        let release = Release {
            record: Rc::new(release.clone()),
            updated: self.world.now,
            commit,
            objects: objects.collect(),
        };
        self.world.delivery.releases.push(release);
    }

    fn place(&self, release: &helm::Release) -> Option<usize> {
        self.world.delivery.releases.iter().position(|it| {
            it.is(&release.namespace, &release.name) && it.record.revision == release.revision
        })
    }
}

fn secret_key(release: &helm::Release) -> Key {
    Key::new("Secret", release.namespace.as_str(), release.secret_name())
}

impl Cluster for HelmClient<'_> {
    fn is_namespaced(&self, _: &str, kind: &str) -> bool {
        kube::kind_info(kind).is_none_or(|info| info.namespaced)
    }

    /// The lab's pods serve until they are stopped: none ends by itself.
    fn runs(&self, kind: &str) -> bool {
        kind == "Job" && cluster::acts_on(kind)
    }

    fn get(&self, resource: &Resource) -> Option<Value> {
        let object = self.world.store.get(&key_of(resource))?;
        Some(object.value.clone())
    }

    fn create(&mut self, resource: &Resource) -> Result<(), String> {
        let key = key_of(resource);
        let why = texts::delivery::helm_creates(&key);
        let note = Note::detail("create", "Applied", why);
        self.ask(key, Verb::Create(resource.object.clone()), note)
    }

    fn patch(&mut self, last: &Value, next: &Resource) -> Result<(), String> {
        let key = key_of(next);
        let live = self.get(next).unwrap_or_default();
        let (how, patch) =
            kube::patch::three_way(last, &next.object, &live).map_err(|fault| fault.to_string())?;
        if patch == kube::map! {} {
            return Ok(());
        }
        let patched = kube::patch::apply(how, &live, &patch).unwrap_or_default();
        let paths = changed_paths(&live, &patched);
        let why = texts::delivery::helm_patches(&key, &paths.join(", "));
        let note = Note::story("patch", "Applied", why);
        self.ask(key, Verb::Patch(how, patch), note)
    }

    fn replace(&mut self, next: &Resource) -> Result<(), String> {
        let key = key_of(next);
        let why = texts::delivery::helm_replaces(&key);
        let note = Note::story("update", "Applied", why);
        self.ask(key, Verb::Update(next.object.clone()), note)
    }

    fn delete(&mut self, resource: &Resource) -> Result<(), String> {
        let key = key_of(resource);
        if self.world.store.get(&key).is_none() {
            return Ok(());
        }
        let why = texts::delivery::helm_deletes(&key);
        let note = Note::story("delete", "Removed", why);
        self.ask(key, Verb::Delete(DeleteOptions::default()), note)
    }

    /// A revision whose Secret somebody deleted is unknown to Helm.
    fn history(&self, namespace: &str, name: &str) -> Vec<Rc<helm::Release>> {
        let stored = |it: &&Release| {
            let is_there = || self.world.store.get(&secret_key(&it.record)).is_some();
            it.is(namespace, name) && is_there()
        };
        let releases = self.world.delivery.releases.iter();
        releases
            .filter(stored)
            .map(|it| it.record.clone())
            .collect()
    }

    fn store(&mut self, release: &helm::Release) {
        let now = self.world.now;
        let is_new = match self.place(release) {
            Some(at) => {
                let kept = &mut self.world.delivery.releases.make_mut()[at];
                kept.record = Rc::new(release.clone());
                kept.updated = now;
                false
            }
            None => {
                self.tell(release);
                self.add(release);
                true
            }
        };
        let (revision, name, status) = (release.revision, &release.name, release.status);
        let why = texts::delivery::helm_keeps(revision, name, status.as_str());
        let key = secret_key(release);
        let secret = release.to_secret(is_new, epoch_ms(now));
        let (verb, word) = match is_new {
            true => (Verb::Create(secret), "create"),
            false => (Verb::Update(secret), "update"),
        };
        // A refusal stands in the trace; Helm logs it and goes on.
        let note = Note::detail(word, "Recorded", why);
        let _ = self
            .world
            .request_as(self.user.clone(), HELM, key, "", verb, note);
        if !is_new {
            self.tell(release);
        }
    }

    fn forget(&mut self, release: &helm::Release) {
        if let Some(at) = self.place(release) {
            self.world.delivery.releases.remove(at);
        }
        let (revision, name) = (release.revision, &release.name);
        let why = texts::delivery::helm_forgets(revision, name);
        let verb = Verb::Delete(DeleteOptions::default());
        let note = Note::detail("delete", "Forgotten", why);
        let key = secret_key(release);
        let _ = self
            .world
            .request_as(self.user.clone(), HELM, key, "", verb, note);
    }
}

/// The paths at which two states differ, the shortest that say it.
fn changed_paths(old: &Value, new: &Value) -> Vec<EcoString> {
    let changes = plan::changes(old, new);
    plan::few(changes.into_iter().map(|it| it.path).collect())
}
