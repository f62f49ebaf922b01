//! An operation under way: what is still to do, and what happens when something goes wrong.

use super::options::ActionOptions;
use super::readiness::Readiness;
use super::resource::{Resource, build};
use super::{Cluster, Release, Status};
use crate::manifest::Hook;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

/// One step of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Makes a namespace, or the objects of `crds/`, unless they are there.
    Ensure(Vec<Resource>),
    /// Forgets the oldest revisions, so that this many are left. The deployed one stays.
    Prune(usize),
    /// Stores the revision with this status and description.
    Record(Status, String),
    /// Stores a revision as superseded; without a number, all other deployed ones.
    Supersede(Option<u32>),
    /// Forgets all revisions.
    Purge,
    /// Makes objects. All are tried.
    Create(Vec<Resource>),
    /// Brings the live objects from those of one manifest to those of another.
    Update(Update),
    /// Deletes objects that belong to the release.
    Delete(Vec<Resource>),
    /// Waits until objects are as they are meant to be.
    AwaitReady(Vec<Resource>),
    /// Waits until objects are gone.
    AwaitGone(Vec<Resource>),
    /// Makes the object of a hook.
    RunHook(Hook),
    /// Waits until a hook has done its work.
    AwaitHook(Hook),
    /// Deletes the object of a hook.
    DropHook(Hook),
}

/// A change from the objects of one manifest to those of another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    /// The objects before.
    pub last: Vec<Resource>,
    /// The objects after.
    pub next: Vec<Resource>,
    /// Whether live objects are replaced rather than patched (`--force-replace`).
    pub replace: bool,
}

/// What an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Install,
    Upgrade,
    Rollback,
    Uninstall,
}

/// What a step belongs to: how its error is told depends on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// Before anything of the release is stored.
    Preparing,
    /// The hooks of an event. The number says which of those run now.
    Hooks(&'static str, usize),
    /// The objects.
    Changing,
    /// The wait for them.
    Waiting,
    /// What is left to note.
    Ending,
}

/// An operation under way.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The revision that it makes, or removes, as it is stored.
    pub release: Release,
    /// What Helm tells the user beside the result, at the end.
    pub info: String,
    pub(super) kind: Kind,
    pub(super) options: ActionOptions,
    pub(super) steps: VecDeque<(Phase, Step)>,
    /// The revision that was current before.
    pub(super) before: Option<u32>,
    /// What an update has made: `--cleanup-on-fail` deletes it.
    pub(super) created: Vec<Resource>,
    /// Until when the step that waits does.
    deadline_ms: Option<i64>,
    /// Errors of an uninstallation, which goes on nevertheless.
    pub(super) errors: Vec<String>,
    pub(super) recovery: Option<Box<Recovery>>,
    pub(super) result: Option<Result<(), String>>,
}

/// What `--rollback-on-failure` sets going.
#[derive(Clone, Debug)]
pub(super) struct Recovery {
    /// Why.
    pub error: String,
    pub operation: Operation,
}

/// Where a step has got to.
enum Progress {
    Done,
    Waits,
}

impl Operation {
    pub(super) fn new(
        kind: Kind,
        release: Release,
        before: Option<u32>,
        options: ActionOptions,
    ) -> Operation {
        Operation {
            release,
            info: String::new(),
            kind,
            options,
            steps: VecDeque::new(),
            before,
            created: Vec::new(),
            deadline_ms: None,
            errors: Vec::new(),
            recovery: None,
            result: None,
        }
    }

    /// Whether it replaces a revision, rather than making the first.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.kind == Kind::Upgrade
    }

    /// The steps that are still to be taken, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let of = match &self.recovery {
            Some(recovery) => &recovery.operation.steps,
            None => &self.steps,
        };
        of.iter().map(|(_, step)| step)
    }

    /// The rollback that a failure set going, if one did.
    #[must_use]
    pub fn recovery(&self) -> Option<&Operation> {
        self.recovery.as_deref().map(|recovery| &recovery.operation)
    }

    /// Takes steps until one has to wait: then the answer is none, and it is to be called again, soon.
    /// The result is Helm's: all is done, or the sentence that Helm fails with.
    pub fn advance(
        &mut self,
        cluster: &mut dyn Cluster,
        now_ms: i64,
    ) -> Option<Result<(), String>> {
        while self.result.is_none() {
            if let Some(recovery) = &mut self.recovery {
                let outcome = recovery.operation.advance(cluster, now_ms)?;
                self.result = Some(Err(self.told_recovery(outcome)));
                break;
            }
            let Some((phase, step)) = self.steps.front().cloned() else {
                self.result = Some(self.ended());
                break;
            };
            match self.take(&step, cluster, now_ms) {
                Ok(Progress::Waits) => return None,
                Ok(Progress::Done) => {
                    self.steps.pop_front();
                    self.deadline_ms = None;
                }
                Err(error) => {
                    self.deadline_ms = None;
                    self.fail(&phase, &step, error, cluster, now_ms);
                }
            }
        }
        self.result.clone()
    }

    fn ended(&self) -> Result<(), String> {
        match self.errors.as_slice() {
            [] => Ok(()),
            errors => Err(format!(
                "uninstallation completed with {} error(s): {}",
                errors.len(),
                errors.join("; ")
            )),
        }
    }

    fn told_recovery(&self, outcome: Result<(), String>) -> String {
        let Some(recovery) = &self.recovery else {
            return String::new();
        };
        let (name, error) = (&self.release.name, &recovery.error);
        let (past, doing, what) = match self.kind {
            Kind::Install => ("uninstalled", "uninstalling", "install"),
            _ => ("rolled back", "rolling back", "upgrade"),
        };
        match outcome {
            Ok(()) => format!(
                "release {name} failed, and has been {past} due to rollback-on-failure being set: {error}"
            ),
            Err(more) => format!(
                "an error occurred while {doing} the release. original {what} error: {error}: {more}"
            ),
        }
    }

    fn take(
        &mut self,
        step: &Step,
        cluster: &mut dyn Cluster,
        now_ms: i64,
    ) -> Result<Progress, String> {
        match step {
            Step::Ensure(resources) => {
                for resource in resources {
                    if cluster.get(resource).is_none() {
                        cluster.create(resource)?;
                    }
                }
            }
            Step::Prune(most) => prune(cluster, &self.release, *most),
            Step::Record(status, description) => self.record(*status, description.clone(), cluster),
            Step::Supersede(which) => self.supersede(*which, cluster),
            Step::Purge => {
                for release in self.history(cluster) {
                    cluster.forget(&release);
                }
            }
            Step::Create(resources) => {
                let failures = resources
                    .iter()
                    .filter_map(|resource| cluster.create(resource).err());
                let failures: Vec<String> = failures.collect();
                if !failures.is_empty() {
                    return Err(failures.join("\n"));
                }
            }
            Step::Update(update) => self.update(update, cluster)?,
            Step::Delete(resources) => {
                let failures = resources
                    .iter()
                    .filter_map(|resource| cluster.delete(resource).err());
                let failures: Vec<String> = failures.collect();
                if !failures.is_empty() {
                    return Err(failures.join(", "));
                }
            }
            Step::AwaitReady(resources) => {
                let for_jobs = self.options.wait_for_jobs;
                let look = |resource: &Resource| match cluster.get(resource) {
                    live if for_jobs && resource.kind == "Job" => Readiness::of_hook(live.as_ref()),
                    live => Readiness::of(live.as_ref()),
                };
                return self.wait(resources, &look, "not ready", now_ms);
            }
            Step::AwaitGone(resources) => {
                let look = |resource: &Resource| match cluster.get(resource) {
                    None => Readiness::Current(String::new()),
                    Some(live) => match Readiness::of(Some(&live)) {
                        Readiness::Current(message) => Readiness::InProgress(message),
                        other => other,
                    },
                };
                return self.wait(resources, &look, "still exists", now_ms);
            }
            Step::RunHook(hook) => {
                for resource in self.objects_of(hook, cluster)? {
                    let source = &hook.manifest.source;
                    let event = self.running_event();
                    cluster
                        .create(&resource)
                        .map_err(|e| format!("warning: Hook {event} {source} failed: {e}"))?;
                }
            }
            Step::AwaitHook(hook) => {
                let mut resources = self.objects_of(hook, cluster)?;
                resources.retain(|resource| cluster.runs(&resource.kind));
                let look = |resource: &Resource| Readiness::of_hook(cluster.get(resource).as_ref());
                return self.wait(&resources, &look, "not ready", now_ms);
            }
            Step::DropHook(hook) => {
                for resource in self.objects_of(hook, cluster)? {
                    cluster.delete(&resource)?;
                }
            }
        }
        Ok(Progress::Done)
    }

    pub(super) fn history(&self, cluster: &dyn Cluster) -> Vec<Rc<Release>> {
        cluster.history(&self.release.namespace, &self.release.name)
    }

    pub(super) fn supersede(&self, which: Option<u32>, cluster: &mut dyn Cluster) {
        for release in self.history(cluster) {
            let is_meant = match which {
                Some(revision) => release.revision == revision,
                None => release.status == Status::Deployed,
            };
            if is_meant && release.revision != self.release.revision {
                let mut release = Release::clone(&release);
                release.status = Status::Superseded;
                cluster.store(&release);
            }
        }
    }

    fn running_event(&self) -> &'static str {
        match self.steps.front() {
            Some((Phase::Hooks(event, _), _)) => event,
            _ => "",
        }
    }

    pub(super) fn objects_of(
        &self,
        hook: &Hook,
        cluster: &dyn Cluster,
    ) -> Result<Vec<Resource>, String> {
        let is_namespaced = |version: &str, kind: &str| cluster.is_namespaced(version, kind);
        build(
            &hook.manifest.content,
            &self.release.namespace,
            &is_namespaced,
        )
    }

    pub(super) fn record(
        &mut self,
        status: Status,
        description: String,
        cluster: &mut dyn Cluster,
    ) {
        self.release.status = status;
        self.release.description = description;
        cluster.store(&self.release);
    }

    /// Makes, patches and deletes, as `Client.Update` does: the first object that cannot be made ends
    /// it, other failures are collected, and nothing is deleted after one.
    fn update(&mut self, update: &Update, cluster: &mut dyn Cluster) -> Result<(), String> {
        let mut failures = Vec::new();
        for next in &update.next {
            let Some(live) = cluster.get(next) else {
                self.created.push(next.clone());
                cluster
                    .create(next)
                    .map_err(|error| format!("failed to create resource: {error}"))?;
                continue;
            };
            let last = update.last.iter().find(|last| last.is_same(next));
            let changed = match update.replace {
                true => cluster
                    .replace(next)
                    .map_err(|error| format!("failed to replace object: {error}")),
                false => {
                    let last = last.map_or(&live, |last| &last.object);
                    let (name, kind) = (&next.name, &next.kind);
                    cluster
                        .patch(last, next)
                        .map_err(|error| format!("cannot patch {name:?} with kind {kind}: {error}"))
                }
            };
            failures.extend(changed.err());
        }
        if !failures.is_empty() {
            return Err(failures.join(" && "));
        }
        for last in &update.last {
            let stays = update.next.iter().any(|next| next.is_same(last));
            let live = cluster.get(last);
            if stays || live.is_none_or(|live| Resource::is_kept(&live, true)) {
                continue;
            }
            if let Err(error) = cluster.delete(last) {
                let Resource {
                    namespace,
                    name,
                    kind,
                    ..
                } = last;
                failures.push(format!(
                    "failed to delete resource namespace={namespace}, name={name}, kind={kind}: {error}"
                ));
            }
        }
        match failures.is_empty() {
            true => Ok(()),
            false => Err(failures.join(" && ")),
        }
    }

    /// Waits until all objects are current, or have failed, or the time is over
    /// (`statuswait.go`).
    fn wait(
        &mut self,
        resources: &[Resource],
        look: &dyn Fn(&Resource) -> Readiness,
        verdict: &str,
        now_ms: i64,
    ) -> Result<Progress, String> {
        let timeout = self.options.timeout_ms;
        let deadline = *self
            .deadline_ms
            .get_or_insert(now_ms.saturating_add(timeout));
        let states: Vec<(&Resource, Readiness)> = resources
            .iter()
            // A paused Deployment never gets anywhere.
            .filter(|it| {
                let paused = it.object.at(&["spec", "paused"]).as_bool() == Some(true);
                !(it.kind == "Deployment" && paused)
            })
            .map(|resource| (resource, look(resource)))
            .collect();
        let settled = states
            .iter()
            .all(|(_, state)| matches!(state, Readiness::Current(_) | Readiness::Failed(_)));
        if !settled && now_ms < deadline {
            return Ok(Progress::Waits);
        }
        let short = states
            .iter()
            .filter(|(_, state)| !matches!(state, Readiness::Current(_)));
        let mut errors: Vec<String> = short
            .map(|(resource, state)| {
                let Resource {
                    kind,
                    namespace,
                    name,
                    ..
                } = resource;
                let (status, message) = (state.as_str(), state.message());
                format!(
                    "resource {kind}/{namespace}/{name} {verdict}. status: {status}, message: {message}"
                )
            })
            .collect();
        if !settled {
            errors.push("context deadline exceeded".to_owned());
        }
        match errors.is_empty() {
            true => Ok(Progress::Done),
            false => Err(errors.join("\n")),
        }
    }
}

/// `--history-max` (`removeLeastRecent`).
fn prune(cluster: &mut dyn Cluster, of: &Release, most: usize) {
    let history = cluster.history(&of.namespace, &of.name);
    let deployed = history
        .iter()
        .rfind(|release| release.status == Status::Deployed)
        .map(|release| release.revision);
    let surplus = history.len().saturating_sub(most);
    let old = history
        .iter()
        .filter(|release| Some(release.revision) != deployed);
    for release in old.take(surplus) {
        cluster.forget(release);
    }
}

impl fmt::Display for Step {
    /// A line for each thing that is done.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |verb: &str, of: &[Resource]| {
            let lines = of
                .iter()
                .map(|it| format!("{verb} {}/{}", it.kind, it.name));
            lines.collect::<Vec<_>>().join("\n")
        };
        let hook = |verb: &str, hook: &Hook| {
            let crate::Manifest { kind, name, .. } = &hook.manifest;
            format!("{verb} {kind}/{name}")
        };
        let text = match self {
            Step::Ensure(of) => list("ensure", of),
            Step::Prune(most) => format!("keep {most} revisions"),
            Step::Record(status, description) => format!("record {status}: {description}"),
            Step::Supersede(None) => "supersede what was deployed".to_owned(),
            Step::Supersede(Some(revision)) => format!("supersede revision {revision}"),
            Step::Purge => "forget all revisions".to_owned(),
            Step::Create(of) => list("create", of),
            Step::Delete(of) => list("delete", of),
            Step::AwaitReady(of) => list("await", of),
            Step::AwaitGone(of) => list("await the end of", of),
            Step::RunHook(it) => hook("run hook", it),
            Step::AwaitHook(it) => hook("await hook", it),
            Step::DropHook(it) => hook("delete hook", it),
            Step::Update(update) => {
                let is_new = |it: &&Resource| !update.last.iter().any(|last| last.is_same(it));
                let gone = |it: &&Resource| !update.next.iter().any(|next| next.is_same(it));
                let next = update.next.iter().map(|it| {
                    let verb = if is_new(&it) { "create" } else { "update" };
                    format!("{verb} {}/{}", it.kind, it.name)
                });
                let gone = update.last.iter().filter(gone);
                let gone = gone.map(|it| format!("delete {}/{}", it.kind, it.name));
                next.chain(gone).collect::<Vec<_>>().join("\n")
            }
        };
        f.write_str(&text)
    }
}
