//! Releases as plain data: what was installed when, and what became of it.

use std::fmt;

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
    /// Name and version of the chart (`order-service-0.1.0`).
    pub chart: String,
    /// The chart's appVersion.
    pub app_version: String,
    /// All manifests, as `helm get manifest` prints them.
    pub manifest: String,
    /// The values that the user gave.
    pub values: yaml::Value,
    /// What happened (`Install complete`).
    pub description: String,
    /// When it last changed, in milliseconds of the caller's clock.
    pub updated_ms: i64,
}

impl Release {
    /// A new revision that is about to be installed. `first` says whether none was deployed before.
    #[must_use]
    pub fn pending(
        chart: &crate::Chart,
        rendered: &crate::Rendered,
        values: &crate::Values,
        options: &crate::ReleaseOptions,
        first: bool,
    ) -> Release {
        let (status, description) = match first {
            true => (Status::PendingInstall, "Initial install underway"),
            false => (Status::PendingUpgrade, "Preparing upgrade"),
        };
        Release {
            name: options.name.clone(),
            namespace: options.namespace.clone(),
            revision: options.revision,
            status,
            chart: format!("{}-{}", chart.metadata.name, chart.metadata.version),
            app_version: chart.metadata.app_version.clone(),
            manifest: rendered.manifest(),
            values: values.to_yaml(),
            description: description.to_owned(),
            updated_ms: options.now_ms,
        }
    }

    /// Marks it as deployed. The revision that was deployed before is to be marked as superseded.
    pub fn deployed(&mut self, now_ms: i64) {
        let what = match self.status {
            Status::PendingInstall => "Install",
            _ => "Upgrade",
        };
        self.turn(Status::Deployed, format!("{what} complete"), now_ms);
    }

    /// Marks it as failed, for a reason.
    pub fn failed(&mut self, reason: &str, now_ms: i64) {
        let what = match self.status {
            Status::PendingInstall => "Release",
            _ => "Upgrade",
        };
        let description = format!("{what} \"{}\" failed: {reason}", self.name);
        self.turn(Status::Failed, description, now_ms);
    }

    /// The revision that brings this one back (`helm rollback`), deployed.
    #[must_use]
    pub fn rolled_back(&self, revision: u32, now_ms: i64) -> Release {
        let mut release = Release {
            revision,
            ..self.clone()
        };
        let description = format!("Rollback to {}", self.revision);
        release.turn(Status::Deployed, description, now_ms);
        release
    }

    fn turn(&mut self, status: Status, description: String, now_ms: i64) {
        self.status = status;
        self.description = description;
        self.updated_ms = now_ms;
    }

    /// The name of the Secret that Helm keeps the revision in.
    #[must_use]
    pub fn secret_name(&self) -> String {
        format!("sh.helm.release.v1.{}.v{}", self.name, self.revision)
    }
}
