//! Delivery in a world: pull requests, workflow runs, and releases, as they act on the cluster.
//!
//! [`crate::delivery`] knows what git, Actions and a registry are; here they get time, a trace, and
//! an API server to write to.

pub(crate) mod charts;
mod git_push;
mod helm_client;
mod identity;
mod intents;
mod kubectl;
pub(crate) mod manifest;
mod outlook;
mod prospect;
mod pulls;
mod releases;
mod runs;
pub(crate) mod tints;

pub use crate::view::{Intent, MergeMethod};
pub(crate) use intents::{act as act_on, dispatchable, key};
pub use outlook::Outlook;
pub use pulls::{Change, MergeState, Pull, PullState};
pub(crate) use pulls::{begin, close, main_files, merge_state, methods, open, opened};
pub use releases::Release;
pub(crate) use releases::install;
pub(crate) use runs::settings;
pub(crate) use tints::observe;

use crate::delivery::actions::run::Run;
use crate::delivery::git::Repository;
use crate::delivery::registry::Registry;
use crate::engine::World;
use crate::gitops;
use crate::trace::EntryId;
use ecow::{EcoString, EcoVec};
use kube::Millis;
use lean::SharedMap;

/// The branch that is delivered.
pub(crate) const MAIN: &str = "main";

/// What delivery remembers.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub(crate) repositories: SharedMap<EcoString, Repository>,
    pub(crate) registry: Registry,
    pub(crate) pulls: EcoVec<Pull>,
    pub(crate) runs: EcoVec<RunState>,
    /// Every revision of every release, oldest first.
    pub(crate) releases: EcoVec<Release>,
    pub(crate) operations: EcoVec<releases::Running>,
    /// `kubectl` commands that wait.
    pub(crate) watching: EcoVec<kubectl::Watching>,
    /// The service account that CI's runners are, as a user's name; empty if they may do anything.
    pub(crate) runner: EcoString,
    /// Secrets of workflows: repository, name, value.
    pub(crate) secrets: EcoVec<(EcoString, EcoString, EcoString)>,
    /// Variables of workflows, likewise.
    pub(crate) variables: EcoVec<(EcoString, EcoString, EcoString)>,
    pub(crate) tints: tints::Tints,
    pub(crate) gitops: gitops::Memory,
    /// Repositories that tell Argo CD and Flux of each push.
    pub(crate) webhooks: EcoVec<EcoString>,
}

/// A workflow run, and the entry that it goes on from.
#[derive(Clone, Debug)]
pub(crate) struct RunState {
    pub run: Run,
    cause: EntryId,
}

/// What goes on in delivery by itself.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A workflow run goes on.
    Run(usize),
    /// Helm looks whether what it waits for has come. The place is that in [`State::operations`].
    Helm(usize),
    /// A waiting `kubectl` looks. The place is that in [`State::watching`].
    Kubectl(usize),
}

/// Whether something still waits for this event: a run's next step may have come sooner than it was
/// to, by an answer from outside.
pub(crate) fn awaits(world: &World, event: &Event, t: Millis) -> bool {
    match event {
        Event::Run(at) => {
            let run = world.delivery.runs.get(*at);
            run.is_some_and(|state| state.run.wakes_at() == Some(t))
        }
        Event::Helm(_) | Event::Kubectl(_) => true,
    }
}

/// Lets delivery go on.
pub(crate) fn act(world: &mut World, event: Event) {
    match event {
        Event::Run(at) => runs::advance(world, at),
        Event::Helm(at) => releases::go_on(world, at),
        Event::Kubectl(at) => kubectl::look(world, at),
    }
}
