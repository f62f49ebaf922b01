//! Workflow runs, images and releases.

use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::{Millis, Progress, ResourceRow, Tint};

/// A workflow run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// From 1.
    pub number: u32,
    /// From 1; one more for each time that it was run again.
    pub attempt: u32,
    /// The workflow's name.
    pub name: EcoString,
    /// What started it: `push to main`.
    pub trigger: EcoString,
    /// The commit it builds.
    pub tint: Tint,
    /// How far it is.
    pub progress: Progress,
    /// The jobs in the order of the file.
    pub jobs: Vec<JobRow>,
    /// The environments to which a deployment waits for somebody's approval.
    pub reviews: Vec<EcoString>,
}

/// A workflow that can be started by hand (`on: workflow_dispatch`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowRow {
    /// Its repository.
    pub repository: EcoString,
    /// Its name.
    pub name: EcoString,
    /// What it asks for.
    pub inputs: Vec<InputRow>,
}

/// An input of a workflow that is started by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRow {
    /// Its name.
    pub name: EcoString,
    /// What it is, as the workflow says; possibly empty.
    pub description: EcoString,
    /// Whether it must be filled in.
    pub is_required: bool,
    /// What it is if it is not.
    pub default: EcoString,
    /// What can be chosen (`type: choice`, `boolean`); empty for a free text.
    pub options: Vec<EcoString>,
}

/// A job of a workflow run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its name.
    pub name: EcoString,
    /// How far it is.
    pub progress: Progress,
    /// The jobs it waits for.
    pub needs: Vec<EcoString>,
    /// What else it waits for, or why it ended without a step that says so; possibly empty.
    pub waiting: EcoString,
    /// Its steps.
    pub steps: Vec<StepRow>,
}

/// A step of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// Its name.
    pub name: EcoString,
    /// How far it is.
    pub progress: Progress,
    /// How long it took so far.
    pub took: Millis,
    /// What it printed so far.
    pub log: Vec<EcoString>,
}

/// A tag in the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageRow {
    /// `registry.example/order-service:1.4.2-3f2c1ab`
    pub reference: EcoString,
    /// `sha256:…`, whole.
    pub digest: EcoString,
    /// Compressed size in MiB.
    pub size_mib: u32,
    /// When it was pushed.
    pub pushed: Millis,
    /// The commit it was built from.
    pub tint: Option<Tint>,
}

/// A revision of a Helm release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseRow {
    /// Its namespace.
    pub namespace: EcoString,
    /// The release.
    pub name: EcoString,
    /// From 1.
    pub revision: u32,
    /// `deployed`, `superseded`, `failed`, `pending-upgrade`…, as Helm writes it.
    pub status: EcoString,
    /// `order-service-0.3.0`
    pub chart: EcoString,
    /// `Install complete`, `Upgrade complete`…
    pub description: EcoString,
    /// When.
    pub updated: Millis,
    /// The commit it deploys.
    pub tint: Option<Tint>,
    /// What it consists of, in the order of its installation. Only of a release's newest revision, and not
    /// of one that Flux makes: there the HelmRelease has them.
    pub resources: Vec<ResourceRow>,
}
