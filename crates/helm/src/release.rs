//! Releases: what was installed when, and what Helm does to get from one revision to the next.
//!
//! [`install`], [`upgrade`], [`rollback`] and [`uninstall`] check what Helm checks, and make an
//! [`Operation`]: the list of [`Step`]s to take. [`Operation::advance`] takes them one after another
//! until one has to wait; what goes wrong on the way changes the list, as it does with Helm. All that
//! they know of a cluster they ask of a [`Cluster`].
//!
//! Live objects are changed by the three-way patch, as with `--server-side=false`. Helm 4 lets the API
//! server merge (server-side apply) where a release was first installed by it.

mod actions;
mod failure;
mod operation;
mod options;
mod readiness;
mod resource;
mod storage;

pub use actions::{install, rollback, uninstall, upgrade};
pub use operation::{Operation, Step};
pub use options::ActionOptions;
pub use readiness::Readiness;
pub use resource::{Resource, objects_of, objects_of_hook};

use crate::chart::Metadata;
use crate::manifest::Hook;
use std::fmt;
use std::rc::Rc;
use yaml::Value;

/// What the names of the Secrets begin with in which Helm keeps revisions.
pub const RECORD: &str = "sh.helm.release.v1.";

/// What became of a revision, in Helm's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody knows.
    Unknown,
    /// The revision that is installed.
    Deployed,
    /// Removed, its record kept.
    Uninstalled,
    /// Another revision took its place.
    Superseded,
    /// It could not be installed.
    Failed,
    /// It is being removed.
    Uninstalling,
    /// The first revision is being installed.
    PendingInstall,
    /// A further revision is being installed.
    PendingUpgrade,
    /// An earlier revision is being brought back.
    PendingRollback,
}

impl Status {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Unknown => "unknown",
            Status::Deployed => "deployed",
            Status::Uninstalled => "uninstalled",
            Status::Superseded => "superseded",
            Status::Failed => "failed",
            Status::Uninstalling => "uninstalling",
            Status::PendingInstall => "pending-install",
            Status::PendingUpgrade => "pending-upgrade",
            Status::PendingRollback => "pending-rollback",
        }
    }

    /// Whether something is under way.
    #[must_use]
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            Status::PendingInstall | Status::PendingUpgrade | Status::PendingRollback
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One revision of a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The number of the revision, from 1.
    pub revision: u32,
    /// What became of it.
    pub status: Status,
    /// The chart's Chart.yaml.
    pub metadata: Metadata,
    /// The chart's own values, with those of the user over them: what `--reuse-values` starts from.
    pub defaults: Value,
    /// The values that the user gave.
    pub values: Value,
    /// All manifests, as `helm get manifest` prints them.
    pub manifest: String,
    /// The hooks.
    pub hooks: Vec<Hook>,
    /// NOTES.txt.
    pub notes: String,
    /// What happened (`Install complete`).
    pub description: String,
    /// When the first revision was installed, in milliseconds since 1970.
    pub first_deployed_ms: i64,
    /// When this one was.
    pub updated_ms: i64,
    /// When it was uninstalled.
    pub deleted_ms: Option<i64>,
    /// The revision that this one brought back.
    pub rollback_of: Option<u32>,
}

impl Release {
    /// Name and version of the chart (`order-service-0.1.0`).
    #[must_use]
    pub fn chart(&self) -> String {
        format!("{}-{}", self.metadata.name, self.metadata.version)
    }

    /// What `helm status` prints, and `helm install` and `helm upgrade` at their end
    /// (helm.sh/helm/v4/pkg/cmd/status.go).
    #[must_use]
    pub fn status_text(&self) -> String {
        let when = crate::functions::format_ms(self.updated_ms, "Mon Jan _2 15:04:05 2006");
        let mut text = format!(
            "NAME: {}\nLAST DEPLOYED: {when}\nNAMESPACE: {}\nSTATUS: {}\nREVISION: {}\nDESCRIPTION: {}\nTEST SUITE: None\n",
            self.name, self.namespace, self.status, self.revision, self.description
        );
        if !self.notes.is_empty() {
            text.push_str(&format!("NOTES:\n{}\n", self.notes.trim()));
        }
        text
    }

    /// The objects of the manifest, in the order of installation, marked as the release's.
    ///
    /// # Errors
    /// What is no YAML; a release that was rendered has none of that.
    pub fn resources(&self, cluster: &dyn Cluster) -> Result<Vec<Resource>, crate::Error> {
        actions::marked_objects(self, cluster, "release")
    }

    /// The name of the Secret that Helm keeps the revision in.
    #[must_use]
    pub fn secret_name(&self) -> String {
        format!("{RECORD}{}.v{}", self.name, self.revision)
    }
}

/// What an operation asks of the cluster. An error is the sentence of the API server.
pub trait Cluster {
    /// Whether objects of a kind live in namespaces.
    fn is_namespaced(&self, api_version: &str, kind: &str) -> bool;

    /// Whether the cluster runs Jobs and Pods of this kind. A hook that nobody runs would never end,
    /// so it counts as done at once.
    fn runs(&self, kind: &str) -> bool;

    /// A live object.
    fn get(&self, resource: &Resource) -> Option<Value>;

    /// Makes an object.
    fn create(&mut self, resource: &Resource) -> Result<(), String>;

    /// Brings a live object from the last manifest to the next, by the three-way patch.
    fn patch(&mut self, last: &Value, next: &Resource) -> Result<(), String>;

    /// Puts an object in the place of a live one.
    fn replace(&mut self, next: &Resource) -> Result<(), String>;

    /// Deletes an object; its dependants go in the background. That it is gone already is no error.
    fn delete(&mut self, resource: &Resource) -> Result<(), String>;

    /// The stored revisions of a release, oldest first.
    fn history(&self, namespace: &str, name: &str) -> Vec<Rc<Release>>;

    /// Stores a revision, or its new state.
    fn store(&mut self, release: &Release);

    /// Forgets a revision.
    fn forget(&mut self, release: &Release);
}
