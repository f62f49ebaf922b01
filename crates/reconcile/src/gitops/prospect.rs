//! What the tools would bring the cluster to, before a commit is on main.

use super::source::Repositories;
use super::{argocd, flux};
use crate::delivery::plan::{HookObject, Side, Tool};
use crate::engine::World;
use ecow::EcoString;
use kube::{Key, Value};

/// What one object of a tool would bring the cluster to.
#[derive(Debug)]
pub(crate) struct Prospect {
    /// The Application or Kustomization.
    pub key: Key,
    /// Which tool.
    pub tool: Tool,
    /// What it keeps now; nothing if that cannot be rendered.
    pub old: State,
    /// What it would keep, or why that cannot be rendered, in the tool's words.
    pub new: Result<State, EcoString>,
    /// Whether it acts by itself.
    pub is_automated: bool,
    /// Whether it deletes what git no longer has.
    pub prunes: bool,
}

/// What sources render to.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The objects, without hooks.
    pub objects: Vec<Value>,
    /// The hooks.
    pub hooks: Vec<HookObject>,
    /// Where they are written.
    pub side: Side,
}

/// What each object that reads a repository would bring the cluster to if the repositories were these.
pub(crate) fn prospects(
    world: &World,
    repositories: &Repositories,
    repository: &str,
) -> Vec<Prospect> {
    let mut all = argocd::prospects(world, repositories, repository);
    all.extend(flux::prospects(world, repositories, repository));
    all
}
