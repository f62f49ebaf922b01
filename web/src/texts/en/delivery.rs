//! The way of a change: its stations, workflow runs, releases, Argo CD and Flux.

use ecow::EcoString;
use view::{Outcome, Progress, RequestRow, StationKind};

use super::cluster::endpoints;
use super::counted;
use super::page::TAB_PULL_REQUEST;

// The way of a change

pub const WAY_OF_A_CHANGE: &str = "The way of a change";
pub const DETAILS_OF_STATION: &str = "Details of the station";
pub const NOTHING_HERE_YET: &str = "Nothing here yet.";
pub const LOOK_AT_IT_AND_MERGE: &str = "Look at it and merge";

/// A station of the way.
pub fn station(kind: StationKind) -> &'static str {
    match kind {
        StationKind::Commit => "Commit",
        StationKind::PullRequest => TAB_PULL_REQUEST,
        StationKind::Checks => "Checks",
        StationKind::Image => "Image",
        StationKind::Release => "Release",
        StationKind::ApiServer => "API server",
        StationKind::Rollout => "Rollout",
        StationKind::Endpoints => "Endpoints",
        StationKind::Traffic => "Traffic",
    }
}

/// How far something is, in a word.
pub fn progress(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => "waiting",
        Progress::Active => "active",
        Progress::Done => "done",
        Progress::Failed => "failed",
        Progress::Skipped => "skipped",
        Progress::Cancelled => "cancelled",
    }
}

/// What a pull request changes.
pub fn files_changed(title: &str, files: usize) -> String {
    let files = counted(files, "file", "files");
    format!("{title}: {files} changed.")
}

/// An image in the registry.
pub fn image_facts(mib: u32, clock: &str) -> String {
    format!("{mib} MiB, pushed at {clock}")
}

/// A revision of a Helm release.
pub fn release(name: &str, revision: u32) -> String {
    format!("Helm release {name}, revision {revision}")
}

/// What Helm says of it, and since when it is so.
pub fn release_since(description: &str, clock: &str) -> String {
    format!("{description} at {clock}")
}

// The API server

pub const BESIDES_THE_CHANGE: &str = "Besides this change";
pub const TOOLS_KEEP: &str = "What tools keep for themselves";
pub const IN_THE_TEMPLATE: &str = "in .spec.template";
pub const OUTSIDE_OF_IT: &str = "outside .spec.template";

/// What was asked for: `patch`, `create eviction`.
pub fn requested(verb: &str, subresource: &str) -> String {
    format!("{verb} {subresource}").trim_end().to_owned()
}

/// The status code, and what came of a request.
pub fn answered_with(row: &RequestRow) -> String {
    let reason = match row.code {
        _ if row.outcome == Outcome::Refused => row.reason.as_str(),
        101 => "Switching Protocols",
        201 => "Created",
        _ => "OK",
    };
    let answer = format!("{} {reason}", row.code);
    let answer = answer.trim_end();
    match (row.outcome, row.generation) {
        (Outcome::Refused, _) if 1 < row.count => format!("{answer}, {} times", row.count),
        (Outcome::Refused | Outcome::Created, _) => answer.to_owned(),
        (Outcome::Unchanged, _) => format!("{answer}, unchanged"),
        (Outcome::Deleted, _) => format!("{answer}, deleted"),
        (Outcome::Changed, 0) => format!("{answer}, changed"),
        (Outcome::Changed, generation) => format!("{answer}, generation {generation}"),
    }
}

/// Who asked, in whose name if not as an administrator, and when.
pub fn asked_by(actor: &str, user: &str, clock: &str) -> String {
    match user {
        "" => format!("{actor} at {clock}"),
        _ => format!("{actor} as {user} at {clock}"),
    }
}

/// The version that a write made, and whose watch told them of it.
pub fn told_to(version: u64, told: &[EcoString]) -> String {
    match told {
        [] => format!("resourceVersion {version}"),
        _ => format!("resourceVersion {version}, told to {}", told.join(", ")),
    }
}

// Workflow runs, in GitHub's words

pub const CANCEL_RUN: &str = "Cancel run";
pub const RERUN_FAILED: &str = "Re-run failed jobs";
pub const RERUN_ALL: &str = "Re-run all jobs";

/// What the picture of a run is called.
pub fn workflow_run(name: &str, trigger: &str) -> String {
    format!("Workflow {name}, {trigger}")
}

/// Which run it is.
pub fn run_title(name: &str, number: u32, attempt: u32, trigger: &str) -> String {
    match attempt {
        0 | 1 => format!("{name} #{number}: {trigger}"),
        _ => format!("{name} #{number}, attempt {attempt}: {trigger}"),
    }
}

/// The review of a deployment that lets it go on.
pub fn approve_deployment(environment: &str) -> String {
    format!("Approve and deploy: {environment}")
}

/// The review that does not.
pub fn reject_deployment(environment: &str) -> String {
    format!("Reject: {environment}")
}

// Workflows started by hand

pub const RUN_WORKFLOW: &str = "Run workflow";
pub const WORKFLOW: &str = "Workflow";
pub const RUN_ON_MAIN: &str = "Run on main";
pub const REQUIRED: &str = " (required)";

// Argo CD and Flux

pub const RECONCILE: &str = "Reconcile";
pub const REFRESH: &str = "Refresh";
pub const SYNC: &str = "Sync";
pub const PRUNE: &str = "prune";
pub const HISTORY_AND_ROLLBACK: &str = "History and rollback";
pub const CURRENT: &str = "current";
pub const IN_GIT: &str = "git";
pub const LIVE: &str = "live";
pub const NOTHING: &str = "nothing";

/// How many objects an Application has.
pub fn objects(n: usize) -> String {
    counted(n, "object", "objects")
}

/// The button that goes back to a sync of the history.
pub fn roll_back_to(id: i64) -> String {
    format!("Roll back to {id}")
}

// The tree of a release or of an Application

/// Whose tree it is.
pub fn resources_of(name: &str) -> String {
    format!("Resources of {name}")
}

/// The endpoints of a Service in the tree.
pub fn service_in_tree(serving: usize, all: usize) -> String {
    let all = endpoints(all);
    format!("{serving} of {all} get requests")
}

/// A ReplicaSet in the tree.
pub fn set_in_tree(revision: u32, ready: u32, desired: u32) -> String {
    format!("rollout revision {revision}, {ready} of {desired} ready")
}

/// A pod in the tree.
pub fn pod_in_tree(status: &str, ready: &str) -> String {
    format!("{status}, ready {ready}")
}
