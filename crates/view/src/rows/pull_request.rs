//! A pull request, its conflicts, its checks and its diff.

use crate::MergeMethod;
use ecow::EcoString;
use serde::{Deserialize, Serialize};

use super::{CheckRow, PathChange, PlanRow, Problem, Progress, Tint};

/// A pull request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequestRow {
    /// The repository that it belongs to.
    pub repository: EcoString,
    /// `#1`, `#2`…, without the sign.
    pub number: u32,
    /// Its title.
    pub title: EcoString,
    /// The branch it comes from.
    pub branch: EcoString,
    /// `Open`, `Merged` or `Closed`, as GitHub writes it.
    pub state: EcoString,
    /// Its head commit before the merge, the merge commit after it.
    pub tint: Tint,
    /// What it changes, file by file.
    pub files: Vec<FileDiff>,
    /// What it will do to the cluster, object by object. Empty only if nothing was understood.
    pub plan: Vec<PlanRow>,
    /// What checks of the manifests find that they did not find before it.
    pub checks: Vec<CheckRow>,
    /// Why no plan could be made (a template that does not render), if so.
    pub problems: Vec<Problem>,
    /// `clean`, `unstable`, `behind`, `blocked` or `dirty`: whether it can be merged, as GitHub's API
    /// says it.
    pub merge_state: EcoString,
    /// The lines above GitHub's merge button.
    pub merge_lines: Vec<EcoString>,
    /// The status checks of its newest commit.
    pub statuses: Vec<StatusRow>,
    /// Where it conflicts with main.
    pub conflicts: Vec<ConflictRow>,
    /// The ways in which its repository lets it be merged, the preferred one first.
    pub methods: Vec<MergeMethod>,
    /// Approving reviews: how many there are, and how many its repository asks for.
    pub approvals: (u64, u64),
}

/// A file on which a pull request and main cannot agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRow {
    /// Path in the repository.
    pub path: EcoString,
    /// In git's words: `CONFLICT (content): Merge conflict in …`
    pub message: EcoString,
    /// The places.
    pub regions: Vec<ConflictRegion>,
}

/// One place of a file on which two branches cannot agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictRegion {
    /// The line where it begins on main, from 1.
    pub line: u32,
    /// The lines with git's markers around them.
    pub lines: Vec<EcoString>,
}

/// A status check of a pull request: a job of a workflow that runs on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusRow {
    /// The job's name.
    pub name: EcoString,
    /// How far it is.
    pub progress: Progress,
}

/// The change of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileDiff {
    /// Path in the repository.
    pub path: EcoString,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// The changed places, each with up to three lines around it.
    pub hunks: Vec<Hunk>,
    /// Of a YAML file that reads as such on both sides: the values that differ. None if only
    /// formatting or comments do.
    pub values: Vec<PathChange>,
}

/// One changed place of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hunk {
    /// The header as git prints it: `@@ -1,4 +1,4 @@`.
    pub header: EcoString,
    /// The lines.
    pub lines: Vec<DiffLine>,
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffLine {
    /// Line number before, from 1.
    pub old: Option<u32>,
    /// Line number after, from 1. Only `old`: removed; only `new`: added; both: around the change.
    pub new: Option<u32>,
    /// The text without its line end.
    pub text: EcoString,
}
