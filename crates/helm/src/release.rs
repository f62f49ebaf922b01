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
    /// A new revision that is about to be installed after those in `history`.
    #[must_use]
    pub fn pending(
        chart: &crate::Chart,
        rendered: &crate::Rendered,
        values: &crate::Values,
        options: &crate::ReleaseOptions,
        history: &[Release],
    ) -> Release {
        let is_first = !history
            .iter()
            .any(|release| release.status == Status::Deployed);
        let (status, description) = match is_first {
            true => (Status::PendingInstall, "Initial install underway"),
            false => (Status::PendingUpgrade, "Preparing upgrade"),
        };
        Release {
            name: options.name.clone(),
            namespace: options.namespace.clone(),
            revision: history
                .iter()
                .map(|release| release.revision)
                .max()
                .unwrap_or(0)
                + 1,
            status,
            chart: format!("{}-{}", chart.metadata.name, chart.metadata.version),
            app_version: chart.metadata.app_version.clone(),
            manifest: rendered.manifest(),
            values: values.to_yaml(),
            description: description.to_owned(),
            updated_ms: options.now_ms,
        }
    }

    /// The name of the Secret that Helm keeps the revision in.
    #[must_use]
    pub fn secret_name(&self) -> String {
        format!("sh.helm.release.v1.{}.v{}", self.name, self.revision)
    }
}

/// Marks the newest revision as deployed and the one deployed before as superseded.
pub fn mark_deployed(history: &mut [Release], now_ms: i64) {
    let Some((newest, earlier)) = history.split_last_mut() else {
        return;
    };
    for release in earlier
        .iter_mut()
        .filter(|release| release.status == Status::Deployed)
    {
        release.status = Status::Superseded;
    }
    let installing = newest.status == Status::PendingInstall;
    newest.status = Status::Deployed;
    newest.description = if installing {
        "Install complete"
    } else {
        "Upgrade complete"
    }
    .to_owned();
    newest.updated_ms = now_ms;
}

/// Marks the newest revision as failed, for a reason.
pub fn mark_failed(history: &mut [Release], reason: &str, now_ms: i64) {
    let Some(newest) = history.last_mut() else {
        return;
    };
    let what = match newest.status {
        Status::PendingInstall => "Release",
        _ => "Upgrade",
    };
    newest.description = format!("{what} \"{}\" failed: {reason}", newest.name);
    newest.status = Status::Failed;
    newest.updated_ms = now_ms;
}
