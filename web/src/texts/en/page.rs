//! The page around the lab: panels, head, links, lessons, the terminal, what is looked at closely.

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
pub const ENGINE_RESTARTED: &str = "The engine behind this page stopped and was started again. That is a mistake in the lab, not in what you wrote. Everything is as it was.";
pub const ENGINE_RESTARTED_AT_THIS: &str = "The engine behind this page stopped at what you did last and was started again. That is a mistake in the lab, not in what you wrote. Only this last thing was not done; everything before it is as it was.";

// The head of the page

pub const ROLLOUT_LAB: &str = "Rollout Lab";
pub const PAGES: &str = "Pages";
pub const WHAT_IS_MODELLED: &str = "What is modelled";
pub const EMBED_IT: &str = "Embed it in a page";
pub const SHARE: &str = "Share";
pub const START_OVER: &str = "Start over";
pub const WHAT_STARTING_OVER_DOES: &str =
    "The lab as it was in the beginning, without what you did and edited";
pub const STARTED_OVER: &str = "The lab is as it was in the beginning.";
pub const BRING_BACK: &str = "Bring back what I did";
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
pub const SAVE_A_PICTURE: &str = "Save a picture";
pub const OPEN_A_FILE: &str = "Open a file…";
pub const NO_LINK_IN_FILE: &str = "That file holds no link.";
pub const LINK_DAMAGED: &str = "This link is damaged: a part of it is missing, or was changed on its \
     way. Here is the lab without it.";
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

/// What is said of a link or a kept story in which an older engine did what this one does not.
pub fn left_out(acts: usize, why: &str) -> String {
    match acts {
        1 => format!(
            "This is from another edition of the lab: one act of it could not be done again. {why}"
        ),
        _ => format!(
            "This is from another edition of the lab: {acts} acts of it could not be done again. {why}"
        ),
    }
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
        _ => in_minutes(minutes),
    }
}

/// What a lesson's article is called.
pub fn lesson_named(title: &str) -> String {
    format!("Lesson: {title}")
}

/// How long it takes, and what it is about.
pub fn lesson_facts(minutes: u32, summary: &str) -> String {
    let minutes = in_minutes(minutes);
    format!("{minutes}. {summary}")
}

fn in_minutes(n: u32) -> String {
    match n {
        1 => "1 minute".to_owned(),
        _ => format!("{n} minutes"),
    }
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
pub const IN_NAMESPACE: &str = "in namespace {0}";
pub const OWNED_BY: &str = "Owned by {0}";
pub const OWNS: &str = "Owns {0}";
pub const YAML: &str = "YAML";
pub const NOT_THERE_NOW: &str = "It does not exist at this moment.";
pub const WHY_IT_IS_SO: &str = "Why it is so";
pub const WHAT_HAPPENED_TO_IT: &str = "What happened to it";
pub const NOTHING_SO_FAR: &str = "Nothing so far.";

/// What the YAML of `Deployment order-service` is called.
pub fn yaml_of(object: &str) -> String {
    format!("YAML of {object}")
}

/// A list that names only the newest.
pub fn and_older(n: usize) -> String {
    match n {
        1 => "{0} and 1 older one".to_owned(),
        _ => format!("{{0}} and {n} older ones"),
    }
}

/// Above the lines that a pull request changed.
pub fn written_by(pull_request: u32) -> String {
    format!("Written by pull request #{pull_request}")
}
