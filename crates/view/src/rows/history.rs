//! What happened: marks and events.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::{Millis, Tint};

/// A place on the time line worth going to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub t: Millis,
    /// The trace entry.
    pub entry: u32,
    /// What.
    pub kind: MarkKind,
    /// A few words.
    pub label: EcoString,
}

/// The kinds of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkKind {
    /// A pull request was merged.
    Merged,
    /// The jobs that make the image ended well, or all of them did.
    ChecksPassed,
    /// A Helm release was upgraded, or an Application was synced.
    Released,
    /// The first new pod became ready.
    FirstReady,
    /// All wanted pods are new and available: the rollout is complete.
    Complete,
    /// The last old pod is gone.
    OldGone,
    /// Something failed: tests, a rollout, a request.
    Failed,
}

/// One line of the event list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// The trace entry's id.
    pub id: u32,
    /// When.
    pub t: Millis,
    /// Who: `deployment-controller`, `kubelet, node-a`, `github-actions`, `you`…
    pub actor: EcoString,
    /// What was done: `create`, `patch`, `scale`, `event`, `nothing`…
    pub verb: EcoString,
    /// To what: `Deployment/shop/order-service`; possibly empty.
    pub object: EcoString,
    /// A CamelCase reason.
    pub reason: EcoString,
    /// The sentence.
    pub message: EcoString,
    /// How it should be shown.
    pub tone: Tone,
    /// The commit it is about.
    pub tint: Option<Tint>,
    /// The entry that led to it.
    pub cause: Option<u32>,
}

/// The actor of what the viewer did.
pub const YOU: &str = "you";
/// The reason of the entry that merges a pull request.
pub const MERGED: &str = "Merged";

/// Whether somebody did something that may change what runs: a merge, or a write past git. What is only
/// said (a pull request is open) is about no object, and a refusal is no step of the story.
#[must_use]
pub fn is_deed(actor: &str, reason: &str, has_object: bool, tone: Tone) -> bool {
    actor == YOU && tone == Tone::Story && (reason == MERGED || has_object)
}

/// How an event should be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// A step of the story: shown as the sentence of the moment.
    Story,
    /// A detail between the steps.
    Detail,
    /// A warning or failure.
    Warning,
    /// Something that did not happen, and why.
    Nothing,
}
