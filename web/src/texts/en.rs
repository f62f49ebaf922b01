//! The page in English.

use crate::storage::Standing;

// Panels

pub const PANELS: &str = "Panels";
pub const TAB_FILES: &str = "Files";
pub const TAB_PULL_REQUEST: &str = "Pull request";
pub const TAB_EVENTS: &str = "Events";
pub const TAB_TERMINAL: &str = "Terminal";
pub const TAB_STAGE: &str = "Stage";
pub const TAB_LESSON: &str = "Lesson";
pub const TIME_LINE: &str = "Time line";

// What stops the page

pub const VERSIONS_DIFFER: &str = "The page and its engine are of different versions.";
pub const LAB_DID_NOT_OPEN: &str = "The built-in lab could not be opened.";

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

// Lessons

pub const GOALS: &str = "Goals";
pub const LESSON_DONE: &str = "The lesson is done.";
pub const STEP_WAITING: &str = "waiting";
pub const STEP_DONE: &str = "done";
pub const STEP_ACTIVE: &str = "active";
pub const RIGHT: &str = "right";
pub const WRONG: &str = "not so";
pub const GOAL_MET: &str = ", met";
pub const GOAL_NOT_MET: &str = ", not met yet";
pub const LOOK_AT_PULL_REQUEST: &str = "Look at the pull request";
pub const OPEN_PULL_REQUEST: &str = "Open pull request";
pub const SHOW_HINT: &str = "Show a hint";
pub const TRY_AGAIN: &str = "Try again";
pub const NEXT: &str = "Next";

pub const ALL_LESSONS: &str = "All lessons";
pub const BEGIN_AGAIN: &str = "Begin this lesson again";
pub const HAND_IN: &str = "Save my progress as a file";

/// How far one has come in a lesson, or how long it takes.
pub fn lesson_standing(standing: Option<Standing>, minutes: u32) -> String {
    match standing {
        Some(it) if it.done == it.of => "done".to_owned(),
        Some(it) if 0 < it.done => format!("{} of {} steps done", it.done, it.of),
        _ => format!("{minutes} minutes"),
    }
}

/// What a lesson's article is called.
pub fn lesson_named(title: &str) -> String {
    format!("Lesson: {title}")
}

/// How long it takes, and what it is about.
pub fn lesson_facts(minutes: u32, summary: &str) -> String {
    format!("{minutes} minutes. {summary}")
}

/// Which step is to be done.
pub fn step_of(at: usize, of: usize, title: &str) -> String {
    format!("Step {at} of {of}: {title}")
}

// The terminal

pub const TERMINAL_OUTPUT: &str = "What was printed";
pub const TERMINAL_INTRO: &str = "What you do here is done to the cluster at this moment, past git and past CI. Where Argo CD or Flux look after it, they will notice.";
pub const TERMINAL_IDEAS: &str = "Commands to begin with";
pub const COMMAND: &str = "Command";
pub const COMMAND_EXAMPLE: &str = "kubectl get pods";
pub const RUN: &str = "Run";

// An object, looked at closely

pub const CLOSE: &str = "Close";
pub const IN_NAMESPACE: &str = "in namespace ";
pub const OWNED_BY: &str = "Owned by";
pub const OWNS: &str = "Owns";
pub const YAML: &str = "YAML";
pub const NOT_THERE_NOW: &str = "It does not exist at this moment.";
pub const WHY_IT_IS_SO: &str = "Why it is so";
pub const WHAT_HAPPENED_TO_IT: &str = "What happened to it";
pub const NOTHING_SO_FAR: &str = "Nothing so far.";

/// What the YAML of `Deployment order-service` is called.
pub fn yaml_of(object: &str) -> String {
    format!("YAML of {object}")
}

/// The end of a list that names only the newest.
pub fn and_older(n: usize) -> String {
    match n {
        1 => " and 1 older one".to_owned(),
        _ => format!(" and {n} older ones"),
    }
}

/// Above the lines that a pull request changed.
pub fn written_by(pull_request: u32) -> String {
    format!("Written by pull request #{pull_request}")
}

// Workflows started by hand

pub const RUN_WORKFLOW: &str = "Run workflow";
pub const WORKFLOW: &str = "Workflow";
pub const RUN_ON_MAIN: &str = "Run on main";
pub const REQUIRED: &str = " (required)";

// The head of the page

pub const ROLLOUT_LAB: &str = "Rollout Lab";
pub const PAGES: &str = "Pages";
pub const WHAT_IS_MODELLED: &str = "What is modelled";
pub const EMBED_IT: &str = "Embed it in a page";
pub const SHARE: &str = "Share";
pub const TO_THE_DAY_SIDE: &str = "Switch to the day side";
pub const TO_THE_NIGHT_SIDE: &str = "Switch to the night side";
pub const LAB: &str = "Lab";
pub const LABS: &str = "Labs";
pub const LESSONS: &str = "Lessons";
pub const OPEN_IN_THE_PLAYGROUND: &str = "Open in the playground";

// Links

pub const SHARE_THIS_MOMENT: &str = "Share this moment";
pub const WHAT_A_LINK_CARRIES: &str = "The link carries your edits, what you did, and the moment on the \
     time line. All of it stands behind the #, which no server gets to see.";
pub const LINK: &str = "Link";
pub const ASKING_THE_ENGINE: &str = "Asking the engine…";
pub const COPY: &str = "Copy";
pub const COPIED: &str = "Copied.";
pub const NOT_COPIED: &str = "This browser does not let the page copy. The link is selected: press \
     Ctrl+C or ⌘C.";
pub const SAVE_AS_A_FILE: &str = "Save as a file";
pub const OPEN_A_FILE: &str = "Open a file…";
pub const NO_LINK_IN_FILE: &str = "That file holds no link.";
pub const LINK_DAMAGED: &str = "This link is damaged: a part of it is missing, or was changed on its \
     way. Here is the lab as it was before.";
pub const LINK_NEWER: &str = "This link was made by a newer edition of Rollout Lab. Reload the page to \
     get it, if there is one here.";

/// How long a link is, and what that means.
pub fn link_length(characters: usize) -> String {
    match characters {
        ..=2_000 => format!("{characters} characters."),
        2_001..=8_000 => format!(
            "{characters} characters: some chat and mail programs cut links of over 2,000. A file is safer there."
        ),
        _ => format!(
            "{characters} characters: many programs cut links of over 8,000. Better send the file."
        ),
    }
}

/// What is said of a link in which an older engine did what this one does not.
pub fn left_out(acts: usize, why: &str) -> String {
    match acts {
        1 => format!(
            "This link is from another edition: one act of it could not be done again. {why}"
        ),
        _ => format!(
            "This link is from another edition: {acts} acts of it could not be done again. {why}"
        ),
    }
}

// Files and the editor

pub const FILES_OF_REPOSITORY: &str = "Files of the repository";
pub const FILES_OF_REPOSITORIES: &str = "Files of the repositories";
pub const FILE_EDITED: &str = ", edited";
pub const FILE_NEW: &str = ", new";
pub const FILE_DELETED: &str = ", deleted";
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
pub const SHOW_RENDERED: &str = "Rendered";

pub const ADD_A_CHART: &str = "Add a chart…";
pub const ADD_A_PACKED_CHART: &str = "Add a .tgz…";
pub const DROP_A_CHART: &str = "Drop a chart: its folder, or a .tgz";
pub const UNDERSTOOD: &str = "Understood";

/// What the editor of a file is called.
pub fn text_of(file: &str) -> String {
    format!("Text of {file}")
}

// Rendered manifests

pub const RENDERED_MANIFEST: &str = "Rendered manifest";
pub const NO_CHART_AROUND: &str = "This file belongs to no chart.";
pub const RENDERED_BEFORE_THE_MISTAKE: &str =
    "It does not render now. What it last rendered stays here.";
pub const CHOOSE_A_LINE: &str = "Choose a line to see what made it.";
pub const MADE_BY: &str = "Made by ";

/// Above what a release would be.
pub fn rendered_as_released(release: &str) -> String {
    format!("Release {release}, as the workflow installs it")
}

/// Above a chart that no workflow installs.
pub fn rendered_alone(release: &str) -> String {
    format!("{release}, with the chart's own values")
}

// The stage and the time line

pub const MARKS: &str = "Marks";
pub const CONTROLLERS: &str = "Controllers";
pub const FORK_HERE: &str = "Fork here";
pub const FORK_HINT: &str = "Try another future from this moment, and compare the two";

/// When a mark is.
pub fn at_time(clock: &str) -> String {
    format!(", at {clock}")
}

/// What a screen reader says of the playhead.
pub fn moment_of(now: &str, end: &str) -> String {
    format!("{now} of {end}")
}

/// How available the service is in the second of the playhead.
pub fn availability(ready: u32, wanted: u32, failed: u32) -> String {
    let failed = match failed {
        0 => "no request fails".to_owned(),
        1 => "1 request fails".to_owned(),
        n => format!("{n} requests fail"),
    };
    format!(", {ready} of {wanted} pods ready, {failed}")
}

/// For how long pods were missing.
pub fn pods_missing(seconds: &str) -> String {
    format!(" Fewer pods than wanted were ready for {seconds}.")
}

/// When requests failed.
pub fn requests_failed(failed: u32, from: &str, to: &str) -> String {
    format!("{failed} requests failed between {from} and {to}.")
}

pub const NO_REQUEST_FAILED: &str = "No request failed.";

// What the control loops keep

pub const KEEPS_GIT: &str = "cluster as git";
pub const KEEPS_SETS: &str = "ReplicaSets";
pub const KEEPS_PODS: &str = "pods";
pub const KEEPS_NODES: &str = "nodes";
pub const KEEPS_CONTAINERS: &str = "containers";
pub const KEEPS_ENDPOINTS: &str = "endpoints";

// Two futures

pub const TWO_FUTURES: &str = "Two futures";
pub const TWO_FUTURES_SINCE: &str = "Two futures since ";
pub const YOUR_FUTURE: &str = "The future you work in";
pub const FORK: &str = "Fork";
pub const ORIGINAL: &str = "Original";
pub const IN_WHICH_RESPECT: &str = "What";
pub const SAME_SO_FAR: &str = "Both are the same so far. Edit a file and merge, or type a command: it happens in this future only.";
pub const PLAY_TO_COMPARE: &str = "Play on to the end, and what came of both stands here.";
pub const SAME_IN_THE_END: &str = "In the end, both came to the same.";

/// The button that gives one of two futures up.
pub fn keep_one(here: &str) -> String {
    format!("Keep only the {}", here.to_lowercase())
}

/// The stage of one of two futures.
pub fn stage_of(future: &str) -> String {
    format!("Stage of the {}", future.to_lowercase())
}

// Charts

pub const SUCCESS_RATE: &str = "Success rate";
pub const LATENCY: &str = "Latency";
pub const CPU: &str = "CPU of the busiest pod";
pub const MEMORY: &str = "Memory of the largest pod";
pub const KEY_SUCCESS: &str = "hatched: failed";
pub const KEY_LATENCY: &str = "p50, dashed p99";
pub const KEY_USE: &str = "dashed limit, dotted request";

/// Two percentiles in milliseconds.
pub fn percentiles(p50: u32, p99: u32) -> String {
    format!("p50 {p50} ms, p99 {p99} ms")
}

/// An amount of CPU.
pub fn cores(amount: &str) -> String {
    format!("{amount} cores")
}

/// What is used where there is no limit.
pub fn unlimited(amount: &str) -> String {
    format!("{amount}, no limit")
}

/// What is used of what there may be.
pub fn used_of(amount: &str, limit: &str) -> String {
    format!("{amount} of {limit}")
}

/// The worst second so far.
pub fn worst_at(words: &str, clock: &str) -> String {
    format!("worst {words} at {clock}")
}

// The tree of an Application

/// Whose tree it is.
pub fn resources_of(name: &str) -> String {
    format!("Resources of {name}")
}

/// An EndpointSlice in the tree.
pub fn endpoint_slice(serving: usize, all: &str) -> String {
    format!("EndpointSlice: {serving} of {all} get requests")
}

/// A ReplicaSet in the tree.
pub fn set_in_tree(revision: u32, ready: u32, desired: u32) -> String {
    format!("revision {revision}, {ready} of {desired} ready")
}

/// A pod in the tree.
pub fn pod_in_tree(status: &str, ready: &str) -> String {
    format!("{status}, ready {ready}")
}
