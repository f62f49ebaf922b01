//! What is found out about a lab, as a goal's evidence says it, and what a learner cannot do.

use ecow::{EcoString, eco_format};

// Nouns of the facts

pub(crate) const PODS_WANTED: &str = "pods wanted";
pub(crate) const PODS: &str = "pods";
pub(crate) const READY_PODS: &str = "ready pods";
pub(crate) const UPDATED_PODS: &str = "pods of the newest template";
pub(crate) const COMPLETE: &str = "the rollout is complete";
pub(crate) const EXISTS: &str = "it exists";
pub(crate) const HAS_FIELD: &str = "the field is there";
pub(crate) const FIELD: &str = "the field's value";
pub(crate) const MERGED: &str = "merged pull requests";
pub(crate) const COMMANDS: &str = "changes by hand";
pub(crate) const HAPPENED: &str = "times that it happened";
pub(crate) const ANSWERED: &str = "answered requests";
pub(crate) const FAILED: &str = "failed requests";
pub(crate) const NEW_PODS: &str = "new pods";
pub(crate) const REPLACED_PODS: &str = "replaced pods";
pub(crate) const KEPT_PODS: &str = "pods that stayed";
pub(crate) const RESTARTS: &str = "restarts of containers";
pub(crate) const NEW_SETS: &str = "new ReplicaSets";
pub(crate) const REUSED_SET: &str = "an earlier ReplicaSet is used again";
pub(crate) const CODE: &str = "the code that runs, beside what ran before";
pub(crate) const IMAGES: &str = "pushed images";
pub(crate) const RELEASES: &str = "new revisions of releases";
pub(crate) const RUN: &str = "the newest workflow run";
pub(crate) const CHECK: &str = "findings on the pull request";
pub(crate) const PLANNED: &str = "objects in the plan";
pub(crate) const FILE_SAYS: &str = "lines in the file";
pub(crate) const ROLLOUT_SECONDS: &str = "seconds from the first new pod to the end of the rollout";

// Answers

pub(crate) const YES: &str = "yes";
pub(crate) const NO: &str = "no";
pub(crate) const NONE: &str = "none";

/// What was asked, by its noun, and what it is.
pub(crate) fn evidence(noun: &str, answer: &str) -> EcoString {
    eco_format!("{noun}: {answer}")
}

/// A number in a lesson's text whose noun is written once, for one.
pub(crate) fn counted(number: &str, is_one: bool, noun: &str) -> EcoString {
    match is_one {
        true => eco_format!("{number} {noun}"),
        false => eco_format!("{number} {noun}s"),
    }
}

// What a learner cannot do

pub(crate) const LEFT_AS_IT_IS: &str = "this lesson leaves the file as it is";
pub(crate) const NO_SUCH_CHOICE: &str = "there is no such choice";
pub(crate) const PREDICTION_COMES_BEFORE: &str =
    "it has happened already: a prediction comes before";
pub(crate) const NOT_DONE_YET: &str = "this step is not done yet";
pub(crate) const LAST_STEP: &str = "this is the last step";

pub(crate) fn may_be_edited(patterns: &str) -> EcoString {
    eco_format!("what may be edited: {patterns}")
}
