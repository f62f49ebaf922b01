//! What a GitOps tool keeps as git says.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::{PathChange, Tint};

/// What a GitOps tool keeps as git says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApplicationRow {
    /// `Application`, `HelmRelease` or `Kustomization`.
    pub kind: EcoString,
    /// Its namespace.
    pub namespace: EcoString,
    /// Its name.
    pub name: EcoString,
    /// Whether it syncs by itself.
    pub is_automated: bool,
    /// What an Application was synced to, the newest last.
    pub history: Vec<DeployedRow>,
    /// `Synced`, `OutOfSync` or `Unknown`.
    pub sync: EcoString,
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing` or `Unknown`.
    pub health: EcoString,
    /// The phase of the last operation: `Running`, `Succeeded`, `Failed`, `Error`; possibly empty.
    pub operation: EcoString,
    /// What that operation says.
    pub message: EcoString,
    /// The commit it was compared with, in seven hex digits.
    pub revision: EcoString,
    /// That commit's colour.
    pub tint: Option<Tint>,
    /// What is wrong, in the tool's words.
    pub conditions: Vec<EcoString>,
    /// Its objects.
    pub resources: Vec<ResourceRow>,
}

/// A sync in the history of an Application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedRow {
    /// Its id, by which `argocd app rollback` calls it.
    pub id: i64,
    /// The commit, in seven hex digits.
    pub revision: EcoString,
    /// When it was deployed, in RFC 3339.
    pub at: EcoString,
}

/// An object that a release or a GitOps tool brings, or one that came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceRow {
    /// `Deployment/shop/order-service`
    pub object: EcoString,
    /// `Synced` or `OutOfSync`; empty where nobody compares it with git.
    pub sync: EcoString,
    /// `Healthy`…; empty for kinds that have no health.
    pub health: EcoString,
    /// Why it is so, possibly empty.
    pub message: EcoString,
    /// Where it is not as git says: `old` is git's value, `new` the live one.
    pub differences: Vec<PathChange>,
    /// What it owns, the oldest first. A Deployment's are not here: they have rows of their own.
    pub owned: Vec<ResourceRow>,
}
