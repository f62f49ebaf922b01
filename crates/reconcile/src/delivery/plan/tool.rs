//! Who brings a cluster to what is written: what it does about refusals, and its words.

use ecow::{EcoString, eco_format};
use kube::Key;

/// Who brings a cluster to what is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tool {
    /// `helm upgrade`, by CI or by Flux's helm-controller: the first object that cannot be made ends it.
    #[default]
    Helm,
    /// A sync of Argo CD: each object is applied whether or not another one is refused
    /// (`gitops-engine/pkg/sync/sync_context.go`).
    ArgoCd,
    /// Flux's kustomize-controller: all or nothing, after a dry run of all.
    Kustomize,
}

/// What a tool calls things.
pub(super) struct Words {
    /// What a refusal comes to.
    pub fails: &'static str,
    /// Why an object is deleted.
    pub gone: &'static str,
    /// Why one stays after a failure.
    pub stays: &'static str,
    /// What runs hooks.
    pub act: &'static str,
    /// The hooks that it runs, and those that it runs the first time.
    pub hooks: &'static [&'static str],
    pub first_hooks: &'static [&'static str],
}

const HELM: Words = Words {
    fails: "the upgrade fails",
    gone: "the chart no longer renders it",
    stays: "Leaves the release, and stays: Helm deletes nothing after a failure.",
    act: "an upgrade",
    hooks: &["pre-upgrade", "post-upgrade"],
    first_hooks: &["pre-install", "post-install"],
};
const ARGO_CD: Words = Words {
    fails: "the sync fails (one or more objects failed to apply)",
    gone: "git no longer has it",
    stays: "Git no longer has it, and it stays: the sync fails before it is pruned.",
    act: "a sync",
    hooks: &["PreSync", "Sync", "PostSync"],
    first_hooks: &["PreSync", "Sync", "PostSync"],
};
const KUSTOMIZE: Words = Words {
    fails: "nothing is applied (ReconciliationFailed: dry-run failed)",
    gone: "git no longer has it",
    stays: "Git no longer has it, and it stays: nothing is pruned after a failure.",
    act: "a reconciliation",
    hooks: &[],
    first_hooks: &[],
};

impl Tool {
    pub(super) fn words(self) -> &'static Words {
        match self {
            Tool::Helm => &HELM,
            Tool::ArgoCd => &ARGO_CD,
            Tool::Kustomize => &KUSTOMIZE,
        }
    }

    /// Why the tool does not come to an object, another one being refused.
    pub(super) fn not_reached(self, refused: &Key) -> EcoString {
        match self {
            Tool::Helm => eco_format!("Not reached: Helm stops when it cannot create {refused}."),
            Tool::ArgoCd => {
                eco_format!("Not reached: nothing is synced while {refused} is not valid.")
            }
            Tool::Kustomize => eco_format!(
                "Not applied: Flux applies all or nothing, and the API server refuses {refused}."
            ),
        }
    }
}
