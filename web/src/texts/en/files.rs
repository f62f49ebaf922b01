//! Files, their editor, what they render, and the pull request that changes them.

use view::{DeliveredBy, Effect, MergeMethod, Progress, Severity};

// Files and the editor

pub const FILES_OF_REPOSITORY: &str = "Files of the repository";
pub const FILES_OF_REPOSITORIES: &str = "Files of the repositories";
pub const OPEN_FILES: &str = "Open files";
pub const NEW_FILE: &str = "New file";
pub const PATH_OF_THE_NEW_FILE: &str = "Path of the new file";
pub const NEW_PATH_OF_THE_FILE: &str = "New path of the file";
pub const NAME_THE_REPOSITORY: &str = "Begin with the repository, such as shop/values.yaml.";
pub const NAME_A_FILE: &str = "Name a file in the folder.";
pub const NOT_A_PATH: &str = "Git takes no such path.";
pub const ALREADY_THERE: &str = "There is a file of that name.";
pub const SAVE: &str = "Save";
pub const CANCEL: &str = "Cancel";
pub const IT_IS_DELETED: &str = "Deleted.";
pub const RESTORE: &str = "Restore";
pub const RESET_FILE: &str = "Reset file";
pub const RENAME: &str = "Rename";
pub const DELETE: &str = "Delete";
pub const UNDO: &str = "Undo";
pub const FIND: &str = "Find";
pub const FIND_NEXT: &str = "Next";
pub const FIND_PREVIOUS: &str = "Previous";
pub const MATCH_CASE: &str = "Match case";
pub const AS_A_PATTERN: &str = "Pattern";
pub const REPLACE: &str = "Replace";
pub const REPLACE_ALL: &str = "All";
pub const FOLD: &str = "Fold";
pub const UNFOLD: &str = "Unfold";
pub const FOLDED: &str = "Folded lines";
pub const KEYS_OF_THE_EDITOR: &str = "Once you write, Tab indents; Escape, then Tab, leaves the editor. \
     F8 goes to the next problem, Alt and Page Down to the next open file.";
pub const SHOW_RENDERED: &str = "Rendered";
pub const PROBLEMS: &str = "Problems";

/// A file in the list of files that differs from main.
pub fn file_edited(path: &str) -> String {
    format!("{path}, edited")
}

/// A file that main does not have.
pub fn file_new(path: &str) -> String {
    format!("{path}, new")
}

/// A file that main still has.
pub fn file_deleted(path: &str) -> String {
    format!("{path}, deleted")
}

pub const ADD_A_CHART: &str = "Add a chart…";
pub const ADD_A_PACKED_CHART: &str = "Add a .tgz…";
pub const DROP_A_CHART: &str = "Drop a chart: its folder, or a .tgz";
pub const UNDERSTOOD: &str = "Understood";

/// What the editor of a file is called.
pub fn text_of(file: &str) -> String {
    format!("Text of {file}")
}

// Samples and pull requests

pub const EDIT_THE_FILES: &str = "Edit the files";
pub const TRY_THE_SAMPLE: &str = "Try the sample change";

/// The title of a pull request that changes one file.
pub fn change_one(file: &str) -> String {
    format!("Change {file}")
}

/// The title of a pull request that changes two.
pub fn change_two(one: &str, other: &str) -> String {
    format!("Change {one} and {other}")
}

/// The title of a pull request that changes more.
pub fn change_many(files: usize) -> String {
    format!("Change {files} files")
}

// What is done with the edits

pub const EDIT_A_FILE: &str = "Edit a file: what differs becomes a pull request.";
pub const SIMULATED: &str =
    "A team's repository, its CI and its cluster, simulated in your browser.";
pub const NEW_HERE: &str = "New to this? Begin with the first lesson.";
pub const EDIT_ANY_FILE: &str = "Edit any file, or start with a change that is ready.";
pub const STARTS_ANOTHER_FUTURE: &str = "The stage shows an earlier moment: a pull request opened now \
     starts another future from there.";
pub const RESET_ALL: &str = "Reset all";
pub const TITLE_OF_PULL_REQUEST: &str = "Title of the pull request";
pub const UPDATE_PULL_REQUEST: &str = "Update pull request";

/// How many files differ from main.
pub fn files_edited(n: usize) -> String {
    match n {
        1 => "1 file edited.".to_owned(),
        _ => format!("{n} files edited."),
    }
}

// Rendered manifests

pub const RENDERED_MANIFEST: &str = "Rendered manifest";
pub const NO_CHART_AROUND: &str = "This file belongs to no chart.";
pub const RENDERED_BEFORE_THE_MISTAKE: &str =
    "It does not render now. What it last rendered stays here.";
pub const CHOOSE_A_LINE: &str = "Choose a line to see what made it.";
pub const MADE_BY: &str = "Made by {0}";

/// Above what a release would be.
pub fn rendered_by(release: &str, by: &DeliveredBy) -> String {
    match by {
        DeliveredBy::Nobody => format!("{release}, with the chart's own values"),
        DeliveredBy::Workflow => format!("Release {release}, as the workflow installs it"),
        DeliveredBy::Application(name) => {
            format!("{release}, as Argo CD renders it for Application {name}")
        }
        DeliveredBy::HelmRelease(name) => {
            format!("Release {release}, as Flux installs it for HelmRelease {name}")
        }
    }
}

// The pull request, in GitHub's words

pub const NO_PULL_REQUEST_YET: &str = "No pull request yet. Edit a file, then open one: you will see \
     what merging it does before you merge.";
pub const INTO: &str = "{0} into {1}";
pub const MERGING_WILL: &str = "What merging does";
pub const WAS_PLANNED: &str = "What it was planned to do";
pub const CHECKS_FIND: &str = "Checks find";
pub const FILES_CHANGED: &str = "Files changed";
pub const REVERT: &str = "Revert";
pub const APPROVE: &str = "Approve";
pub const MERGE_PULL_REQUEST: &str = "Merge pull request";
pub const HOW_TO_MERGE: &str = "How to merge";
pub const WHAT_CHECKS_FIND: &str = "What checks find";
pub const CHECKS_FIND_NOTHING: &str = "The checks of the manifests have no objection.";
pub const WHAT_MERGING_WILL_DO: &str = "What merging will do";
pub const CHECKS_AND_REVIEWS: &str = "Checks and reviews";

/// What a pull request is called.
pub fn pull_request(number: u32) -> String {
    format!("Pull request #{number}")
}

/// How many reviews there are of those that the branch asks for.
pub fn approving_reviews(given: u64, asked: u64) -> String {
    format!("{given} of {asked} approving reviews")
}

/// A way to merge, as GitHub's list of them calls it.
pub fn merge_method(method: MergeMethod) -> &'static str {
    match method {
        MergeMethod::Merge => "Create a merge commit",
        MergeMethod::Squash => "Squash and merge",
        MergeMethod::Rebase => "Rebase and merge",
    }
}

/// What stands beside a check.
pub fn check(progress: Progress) -> &'static str {
    match progress {
        Progress::Waiting => "queued",
        Progress::Active => "in progress",
        Progress::Done => "successful",
        Progress::Failed => "failing",
        Progress::Skipped => "skipped",
        Progress::Cancelled => "cancelled",
    }
}

/// What the lines of a file between git's markers are called.
pub fn conflict_in(place: &str) -> String {
    format!("Conflict in {place}")
}

/// How much of a file changes.
pub fn lines_changed(added: usize, removed: usize) -> String {
    match added {
        1 => format!("1 line added, {removed} removed"),
        _ => format!("{added} lines added, {removed} removed"),
    }
}

/// What a part of a file's diff is called.
pub fn changes_in(path: &str) -> String {
    format!("Changes in {path}")
}

/// What a change does to an object, in a word or two.
pub fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Rejected => "rejected",
        Effect::Recreated => "recreated",
        Effect::Rolls => "rolls",
        Effect::Scales => "scales",
        Effect::NeedsRestart => "needs restart",
        Effect::Deleted => "deleted",
        Effect::Created => "new",
        Effect::InPlace => "in place",
        Effect::None => "no change",
    }
}

/// How grave a finding is.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// What the API server would warn of.
pub fn warning(text: &str) -> String {
    format!("Warning: {text}")
}
