//! Who brings a cluster to what is written: what it does about refusals, and its words.

use crate::texts;
use ecow::EcoString;
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
    fails: texts::plan::UPGRADE_FAILS,
    gone: texts::plan::NOT_RENDERED,
    stays: texts::plan::HELM_DELETES_NOTHING,
    act: texts::plan::AN_UPGRADE,
    hooks: &["pre-upgrade", "post-upgrade"],
    first_hooks: &["pre-install", "post-install"],
};
const ARGO_CD: Words = Words {
    fails: texts::plan::SYNC_FAILS,
    gone: texts::plan::NOT_IN_GIT,
    stays: texts::plan::FAILS_BEFORE_PRUNING,
    act: texts::plan::A_SYNC,
    hooks: &["PreSync", "Sync", "PostSync"],
    first_hooks: &["PreSync", "Sync", "PostSync"],
};
const KUSTOMIZE: Words = Words {
    fails: texts::plan::NOTHING_IS_APPLIED,
    gone: texts::plan::NOT_IN_GIT,
    stays: texts::plan::NOTHING_IS_PRUNED,
    act: texts::plan::A_RECONCILIATION,
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
            Tool::Helm => texts::plan::helm_stops(refused),
            Tool::ArgoCd => texts::plan::nothing_is_synced(refused),
            Tool::Kustomize => texts::plan::all_or_nothing(refused),
        }
    }
}
