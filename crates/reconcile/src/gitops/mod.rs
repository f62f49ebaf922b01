//! GitOps: controllers that read git, compare it with the cluster, and write what differs.
//!
//! In the order of a first reading: [`source`] finds a repository and a commit, [`render`] makes
//! manifests of it, [`diff`] tells where an object is not as its manifest says and [`health`] how it
//! is, which [`resource`] shows; [`around`] tells what would come of edited files; [`argocd`] acts on
//! Applications, [`flux`] on its sources, HelmReleases and Kustomizations. They
//! are controllers as those in [`crate::cluster`]: they return plans. To learn what their writes will
//! do they try them on a clone of the store, which costs nothing.
//!
//! Knows nothing of CI, of pull requests, or of how anything is drawn.

pub(crate) mod argocd;
pub(crate) mod around;
pub(crate) mod diff;
pub(crate) mod flux;
mod health;
mod ignore;
mod pass;
mod prospect;
mod render;
pub(crate) mod resource;
pub(crate) mod source;

pub(crate) use prospect::{Prospect, State, prospects};

use crate::cluster::{Context, Controller};
use crate::delivery::actions::tools::HelmUpgrade;
use crate::delivery::git::{Oid, Tree};
use crate::engine::World;
use crate::texts;

use crate::pipeline::{self, MAIN};
use crate::trace::{EntryId, Note};
use crate::view::{ApplicationRow, Progress};
use ecow::{EcoString, eco_format};
use kube::api::{PatchType, Verb};
use kube::{Key, Millis, Store, Value, time};
use lean::SharedMap;
use std::rc::Rc;

/// What the controllers keep between two looks because it is dear to find out again: what a commit
/// rendered to.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    applications: SharedMap<Key, Rc<argocd::Memory>>,
    flux: SharedMap<Key, Rc<flux::Memory>>,
    /// What brought commits to main: the entry of the trace, by the commit's id.
    landed: SharedMap<EcoString, EntryId>,
    /// The commits that the generators of ApplicationSets have read.
    sets: SharedMap<Key, Vec<Oid>>,
}

/// The manifest that an object was last made from.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The controllers of both tools, in the form of those of the cluster.
pub(crate) const TOOLS: [&Controller; 5] = [
    &argocd::CONTROLLER,
    &argocd::application_set::CONTROLLER,
    &flux::git_repository::CONTROLLER,
    &flux::helm_release::CONTROLLER,
    &flux::kustomization::CONTROLLER,
];

/// Whether a controller is no part of Kubernetes, but one of these tools.
pub(crate) fn is_tool(actor: &str) -> bool {
    TOOLS.iter().any(|tool| tool.name == actor)
}

/// What a plan asks for beside writes.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Keep this about an Application; nothing if it is gone.
    Application(Key, Option<Rc<argocd::Memory>>),
    /// What the plan does from here on is led to by what brought this commit to main.
    Since(EcoString),
    /// Keep what the generators of an ApplicationSet have read; nothing if it is gone.
    Generated(Key, Option<Vec<Oid>>),
    /// Keep this about an object of Flux; nothing if it is gone.
    Flux(Key, Option<Rc<flux::Memory>>),
    /// Install or upgrade the Helm release of a HelmRelease.
    Release(Key, Box<ReleaseAsked>),
    /// These objects are of this commit from here on: they take its colour.
    Deliver(Oid, Vec<Key>),
}

/// A Helm release that a HelmRelease asks for.
#[derive(Clone, Debug)]
pub struct ReleaseAsked {
    pub(crate) repository: EcoString,
    pub(crate) files: Tree,
    pub(crate) commit: Oid,
    pub(crate) upgrade: HelmUpgrade,
}

/// Does what a plan asks for.
pub(crate) fn carry_out(world: &mut World, ask: Ask) {
    match ask {
        Ask::Application(key, Some(memory)) => {
            world.delivery.gitops.applications.insert(key, memory);
        }
        Ask::Application(key, None) => {
            world.delivery.gitops.applications.remove(&key);
        }
        Ask::Since(commit) => {
            if let Some(entry) = world.delivery.gitops.landed.get(&commit) {
                world.because(*entry);
            }
        }
        Ask::Generated(key, Some(commits)) => {
            world.delivery.gitops.sets.insert(key, commits);
        }
        Ask::Generated(key, None) => _ = world.delivery.gitops.sets.remove(&key),
        Ask::Flux(key, Some(memory)) => {
            world.delivery.gitops.flux.insert(key, memory);
        }
        Ask::Flux(key, None) => _ = world.delivery.gitops.flux.remove(&key),
        Ask::Release(key, asked) => release(world, &key, &asked),
        Ask::Deliver(commit, keys) => world.delivery.tints.deliver(commit, keys.into_iter()),
    }
}

/// Lets Helm begin; what keeps it from that is kept for the next look.
fn release(world: &mut World, key: &Key, asked: &ReleaseAsked) {
    let ReleaseAsked {
        repository,
        files,
        commit,
        upgrade,
    } = asked;
    let Err(problems) = pipeline::install(world, repository, files, *commit, upgrade) else {
        return;
    };
    let kept = world.delivery.gitops.flux.get(key);
    let mut memory = kept.map(|it| flux::Memory::clone(it)).unwrap_or_default();
    memory.refused = problems.first().map(|problem| problem.message.clone());
    world
        .delivery
        .gitops
        .flux
        .insert(key.clone(), Rc::new(memory));
}

/// Whether objects of a kind are there for these tools.
pub(crate) fn is_own_kind(kind: &str) -> bool {
    matches!(
        kind,
        "Application" | "ApplicationSet" | "GitRepository" | "HelmRelease" | "Kustomization"
    )
}

/// Whether a look at an object would find nothing new: its tool looks every few minutes for ever.
pub(crate) fn is_idle(store: &Store, key: &Key, context: &Context<'_>) -> bool {
    match key.kind.as_str() {
        "Application" => argocd::is_idle(store, key, context),
        "ApplicationSet" => argocd::application_set::is_idle(store, key, context),
        "GitRepository" | "HelmRelease" | "Kustomization" => flux::is_idle(store, key, context),
        _ => false,
    }
}

/// What asks a tool to look at git now, as a merge patch.
pub(crate) fn refreshed(key: &Key, now: Millis) -> Value {
    let (annotation, value) = match key.kind.as_str() {
        "Application" => (argocd::REFRESH, "normal".into()),
        "ApplicationSet" => (argocd::application_set::REFRESH_SET, "true".into()),
        _ => (flux::REQUESTED, time::rfc3339(now)),
    };
    kube::map! { "metadata" => kube::map! { "annotations" => kube::map! { annotation => value } } }
}

/// The objects that are kept as a repository says.
pub(crate) fn watchers(world: &World, repository: &str) -> Vec<Key> {
    let list = |kind: &str| world.store.list(kind).into_iter();
    let reads = |spec: &Value| argocd::reads(spec, repository);
    let fetches = |spec: &Value| source::name_of(spec.get("url").text()) == repository;
    let applications = list("Application").filter(|it| reads(it.spec()));
    let generates = |spec: &Value| argocd::application_set::reads(spec, repository);
    let sets = list("ApplicationSet").filter(|it| generates(it.spec()));
    let sources = list("GitRepository").filter(|it| fetches(it.spec()));
    applications
        .chain(sets)
        .chain(sources)
        .map(|it| it.key.clone())
        .collect()
}

/// A commit is on a repository's main: with a webhook, the tools that read it learn of it at once.
/// Returns whether any does.
pub(crate) fn pushed(world: &mut World, repository: &str) -> bool {
    let found = world.delivery.repositories.get(repository);
    let head = found.and_then(|it| it.branch(MAIN));
    if let (Some(head), Some(entry)) = (head, world.cause()) {
        let landed = &mut world.delivery.gitops.landed;
        landed.insert(eco_format!("{head}"), entry);
    }
    let watchers = watchers(world, repository);
    let Some(first) = watchers.first() else {
        return false;
    };
    if !world.delivery.webhooks.iter().any(|it| it == repository) {
        let is_asked_only = argocd::is_asked_only(&world.store, first);
        let why = texts::delivery::not_seen_yet(first, repository, is_asked_only);
        world.note("git", Some(first.clone()), Note::nothing("NotSeenYet", why));
        return true;
    }
    for key in watchers {
        let why = texts::delivery::webhook_asks(repository, &key);
        let verb = Verb::Patch(PatchType::Merge, refreshed(&key, world.now()));
        let note = Note::story("patch", "Webhook", why);
        // A refusal stands in the trace.
        let _ = world.request("webhook", key, "", verb, note);
    }
    true
}

/// What the tools keep as git says, at this moment.
pub(crate) fn rows(world: &World) -> Vec<ApplicationRow> {
    let list = |kind: &str| world.store.list(kind).into_iter();
    let flux = list("HelmRelease").chain(list("Kustomization"));
    let applications = list("Application").map(|app| argocd::row(world, app));
    let sets = list("ApplicationSet").map(|set| argocd::set_row(set));
    applications
        .chain(sets)
        .chain(flux.map(|it| flux::row(world, it)))
        .collect()
}

/// A commit's id as people write it.
fn short(revision: &str) -> &str {
    revision.get(..7).unwrap_or(revision)
}

/// What a tool has made of a commit.
pub(crate) struct Delivered {
    pub progress: Progress,
    /// `Synced`, `revision 2`, or what it waits for.
    pub title: EcoString,
    pub detail: EcoString,
}

impl Delivered {
    /// It has yet to see the commit.
    fn waits(title: &str, name: &str) -> Delivered {
        Delivered {
            progress: Progress::Active,
            title: title.into(),
            detail: texts::stage::is_as_before(name),
        }
    }

    /// It is a revision of a Helm release.
    pub fn release(record: &helm::Release) -> Delivered {
        Delivered {
            progress: match record.status {
                helm::Status::Failed => Progress::Failed,
                _ => Progress::Done,
            },
            title: texts::stage::revision(record.revision),
            detail: record.status.as_str().into(),
        }
    }
}

/// How far the tool is that reads a repository whose main is this commit, or what CI committed for it;
/// none if none does.
pub(crate) fn delivered(world: &World, commit: Oid) -> Option<Delivered> {
    let tints = &world.delivery.tints;
    let colour = tints.of(commit)?;
    let mut repositories = world.delivery.repositories.iter();
    repositories.find_map(|(name, repository)| {
        let head = repository.branch(MAIN)?;
        if tints.of(head).as_ref() != Some(&colour) {
            return None;
        }
        argocd::delivered(world, name, head).or_else(|| flux::delivered(world, name, head))
    })
}
