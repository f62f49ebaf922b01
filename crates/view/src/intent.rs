//! What a person does, beside editing: with the buttons of GitHub and of Argo CD.

use crate::ObjectRef;
use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// One such thing. It is done at the moment that is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Intent {
    /// Merges the open pull request in this way.
    Merge(MergeMethod),
    /// Approves the open pull request.
    Approve,
    /// Opens a pull request that takes the newest merge back, and merges nothing.
    Revert,
    /// Approves a run's deployments to an environment, or rejects them.
    Review {
        /// The run's number.
        run: u32,
        /// The environment.
        environment: EcoString,
        /// Whether they may go on.
        is_approved: bool,
    },
    /// Cancels a run, by its number.
    Cancel(u32),
    /// Runs the jobs of a run again: all, or those that failed.
    RunAgain {
        /// The run's number.
        run: u32,
        /// Whether only those that failed.
        is_failed_only: bool,
    },
    /// "Run workflow": starts a workflow of a repository on main.
    Dispatch {
        /// The repository.
        repository: EcoString,
        /// The workflow's name.
        workflow: EcoString,
        /// What was filled in.
        inputs: Vec<(EcoString, EcoString)>,
    },
    /// Asks Argo CD or Flux to look at git now: `argocd app get --refresh`, `flux reconcile`.
    Refresh(ObjectRef),
    /// Syncs an Argo CD Application: `argocd app sync`.
    Sync {
        /// The Application.
        application: ObjectRef,
        /// Whether what git no longer has is deleted: `--prune`.
        is_pruning: bool,
    },
    /// Brings back what an Application was synced to before: `argocd app rollback`.
    Rollback {
        /// The Application.
        application: ObjectRef,
        /// Which deployment of its history.
        id: i64,
    },
}

/// The ways to merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MergeMethod {
    /// "Create a merge commit"
    Merge,
    /// "Squash and merge"
    Squash,
    /// "Rebase and merge"
    Rebase,
}
