//! What the API server was asked for, and what it answered.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::Millis;

/// A write that the API server was asked for, as its audit log has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestRow {
    /// When.
    pub t: Millis,
    /// Which program, or who: `helm`, `argocd-application-controller`, `you`…
    pub actor: EcoString,
    /// In whose name, where that is not an administrator's: `system:serviceaccount:ci:deployer`.
    pub user: EcoString,
    /// `create`, `update`, `patch`, `delete`, as roles and audit logs call it.
    pub verb: EcoString,
    /// `Deployment/shop/order-service`
    pub object: EcoString,
    /// `scale`, `eviction`…; empty for the object itself.
    pub subresource: EcoString,
    /// What came of it.
    pub outcome: Outcome,
    /// The HTTP status code.
    pub code: u16,
    /// `Forbidden`, `Invalid`…; empty if it was not refused.
    pub reason: EcoString,
    /// The server's words for a refusal; empty if it was not refused.
    pub message: EcoString,
    /// `metadata.generation` after it; 0 where it is not counted, and if it was refused.
    pub generation: i64,
    /// `metadata.resourceVersion` after it; 0 if it was refused, or nothing is there any more.
    pub version: u64,
    /// The changed paths inside the template of pods, the first few.
    pub template: Vec<EcoString>,
    /// The other changed paths, the first few.
    pub elsewhere: Vec<EcoString>,
    /// The controllers whose watch told them of it.
    pub told: Vec<EcoString>,
    /// How often in a row the same was asked for and answered so.
    pub count: u32,
    /// The trace entry that tells it; none if it changed nothing.
    pub entry: Option<u32>,
    /// Whether the newest change led to it. What a person does by hand and what a tool does by itself
    /// is not of it.
    pub is_of_change: bool,
    /// Whether it is only what a tool keeps for itself: Helm's record of a release, a mark on an
    /// Application.
    pub is_record: bool,
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// A new object.
    Created,
    /// The object is another.
    Changed,
    /// What was asked for was there already: nothing was written.
    Unchanged,
    /// The object is gone, or goes.
    Deleted,
    /// It was refused.
    Refused,
}
