//! What is wrong with the files of a lesson, with its proof, or with a link.

use ecow::{EcoString, eco_format};

// lesson.yaml

pub(crate) const NEEDED_BY_THE_LESSON: &str = "the lesson needs this file";
pub(crate) const NEEDS_A_STEP: &str = "a lesson needs a step";
pub(crate) const NEEDS_TWO_CHOICES: &str = "a question needs two choices";
// The mappings that have fields.
pub(crate) const A_STEP: &str = "a step";
pub(crate) const AN_ITEM: &str = "an item";
pub(crate) const A_FACT: &str = "a fact";
pub(crate) const A_MOVE: &str = "a move";

pub(crate) fn start(why: &str) -> EcoString {
    eco_format!("start: {why}")
}

pub(crate) fn no_lab(name: &str) -> EcoString {
    eco_format!("there is no lab \"{name}\"")
}

pub(crate) fn two_steps(id: &str) -> EcoString {
    eco_format!("there are two steps \"{id}\"")
}

pub(crate) fn there_twice(id: &str) -> EcoString {
    eco_format!("\"{id}\" is there twice")
}

// Facts and sentences

pub(crate) const TOO_DEEP: &str = "too many sentences in each other";
pub(crate) const MUST_BE_A_SENTENCE: &str = "must be a sentence about what happened";
pub(crate) const WRITE_A_MAPPING: &str = "write a mapping such as `failed-requests: 0`";
pub(crate) const WRITE_IT_OUTSIDE: &str = "write it outside of throughout and ever";
pub(crate) const MUST_BE_WHOLE: &str = "must be a whole number";

pub(crate) fn no_fact(word: &str) -> EcoString {
    eco_format!("there is no fact \"{word}\"")
}

pub(crate) fn about_all_moments(word: &str) -> EcoString {
    eco_format!("\"{word}\" is about all moments, and this is already about each")
}

pub(crate) fn about_the_history(word: &str) -> EcoString {
    eco_format!("\"{word}\" is about the history, not about a moment")
}

pub(crate) fn needs_field(fact: &str, field: &str) -> EcoString {
    eco_format!("\"{fact}\" needs the field \"{field}\"")
}

// A lesson's texts

pub(crate) const WHAT_A_HEADING_IS: &str =
    "a step's heading is its id and its title, such as `# cut: A smaller limit`";
pub(crate) const SECTION_TWICE: &str = "this section is there twice";
pub(crate) const KEEP_ONE: &str = "keep one of them";

/// `what` is the kind of a section, and its id if it has one.
pub(crate) fn needs_text(step: &str, what: &str) -> EcoString {
    eco_format!("step \"{step}\" needs its {what}")
}

pub(crate) fn not_in_lesson(what: &str, step: &str) -> EcoString {
    eco_format!("lesson.yaml has no \"{what}\" in step \"{step}\"")
}

pub(crate) fn no_section(kind: &str) -> EcoString {
    eco_format!("there is no section \"{kind}\"")
}

// moves.yaml

pub(crate) const WHAT_A_WRONG_ANSWER_SAYS: &str =
    "a wrong answer says in moves.yaml which step and which hint it is about";
pub(crate) const WHAT_A_MOVE_NEEDS: &str = "a move needs merge, revert, run-again or run";

pub(crate) fn no_file(path: &str) -> EcoString {
    eco_format!("there is no file {path}")
}

pub(crate) fn no_text(path: &str, text: &str) -> EcoString {
    eco_format!("{path} has no text {text:?}")
}

pub(crate) fn no_step(id: &str) -> EcoString {
    eco_format!("there is no step \"{id}\"")
}

pub(crate) fn no_hint(step: &str, hint: &str) -> EcoString {
    eco_format!("step \"{step}\" has no hint \"{hint}\" with a `when`")
}

pub(crate) fn no_choice(step: &str, choice: &str) -> EcoString {
    eco_format!("step \"{step}\" has no choice \"{choice}\"")
}

pub(crate) fn nothing_happens(reason: &str) -> EcoString {
    eco_format!("nothing with the reason {reason} happens")
}

// The proof

pub(crate) fn needs_something_in(folder: &str) -> EcoString {
    eco_format!("a lesson needs something in {folder}/ that shows what it accepts")
}

pub(crate) fn with_seed(seed: u64, why: &str) -> EcoString {
    eco_format!("with seed {seed}, {why}")
}

pub(crate) fn done_before(step: &str) -> EcoString {
    eco_format!("step {step} is done before anything was done")
}

pub(crate) fn cannot_be_done(step: &str, why: &str) -> EcoString {
    eco_format!("step {step} cannot be done: {why}")
}

pub(crate) fn does_not_meet(step: &str, goal: &str, evidence: &str) -> EcoString {
    eco_format!("step {step} does not meet its goal {goal}: {evidence}")
}

pub(crate) fn is_not_done(step: &str) -> EcoString {
    eco_format!("step {step} is not done")
}

pub(crate) fn expects(step: &str, predicted: &str, right: &str) -> EcoString {
    eco_format!("step {step} expects {predicted}, and it is {right}")
}

pub(crate) fn no_choice_is_right(step: &str) -> EcoString {
    eco_format!("none of the choices of step {step} is right")
}

pub(crate) fn several_are_right(step: &str, choices: &str) -> EcoString {
    eco_format!("several choices of step {step} are right: {choices}")
}

pub(crate) fn should_not_be_done(step: &str) -> EcoString {
    eco_format!("step {step} is done, and should not be")
}

/// Which hints it brings up instead: none, if there are none.
pub(crate) fn does_not_bring_up(step: &str, hint: &str, shown: &str) -> EcoString {
    let shown = match shown {
        "" => super::NONE,
        shown => shown,
    };
    eco_format!("step {step} does not bring up the hint {hint}; it brings up: {shown}")
}

// A link

pub(crate) const LINK_IS_NEWER: &str = "the link is of a newer edition of the lab";
pub(crate) const WHAT_AN_ACT_SAYS: &str = "an act says what is done";
pub(crate) const NO_LESSON: &str = "there is no lesson";
// The mappings that have fields.
pub(crate) const A_LINK: &str = "a link";
pub(crate) const AN_ACT: &str = "an act";
pub(crate) const ANOTHER_FUTURE: &str = "another future";
pub(crate) const AN_OBJECT: &str = "an object";

pub(crate) fn no_such_lesson(name: &str) -> EcoString {
    eco_format!("there is no lesson \"{name}\"")
}
