//! Delivery in a world: pull requests, workflow runs, and releases, as they act on the cluster.
//!
//! [`crate::delivery`] knows what git, Actions and a registry are; here they get time, a trace, and
//! an API server to write to.

pub(crate) mod charts;
mod helm_client;
mod outlook;
mod pulls;
mod releases;
mod runs;
pub(crate) mod tints;

pub use outlook::Outlook;
pub use pulls::{Change, Pull, PullState};
pub(crate) use pulls::{close, merge, open, opened};
pub use releases::Release;
pub(crate) use releases::install;
pub(crate) use tints::observe;

use crate::delivery::actions::run::Run;
use crate::delivery::git::Repository;
use crate::delivery::registry::Registry;
use crate::engine::World;
use crate::gitops;
use crate::trace::EntryId;
use ecow::{EcoString, EcoVec};
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
#[derive(Clone, Debug)]
pub enum Event {
    /// A workflow run goes on.
    Run(usize),
    /// Helm looks whether what it waits for has come. The place is that in [`State::operations`].
    Helm(usize),
}

/// Lets delivery go on.
pub(crate) fn act(world: &mut World, event: Event) {
    match event {
        Event::Run(at) => runs::advance(world, at),
        Event::Helm(at) => releases::go_on(world, at),
    }
}
