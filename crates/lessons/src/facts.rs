//! What can be said of a lab: one line of [`FACTS`] each.
//!
//! A fact gives a number, a word, or yes and no. It is about a moment, and can then be asked of every
//! moment (`throughout`, `ever`) or of the end, or it is about all that happened since the step
//! began. Without `deployment`, `service`… all of them are meant.

mod history;
mod moment;

use crate::record::Record;
use crate::texts;
use ecow::{EcoString, eco_format};
use reconcile::{Millis, World};

/// Something that can be asked of a lab.
#[derive(Debug)]
pub struct Fact {
    /// Its name in a lesson.
    pub name: &'static str,
    /// What it gives, as evidence says it: `failed requests`.
    pub noun: &'static str,
    /// The fields that it takes. The first can be written short: `happened: OOMKilled`.
    pub fields: &'static [&'static str],
    /// How many of them, from the first, must be there.
    required: usize,
    /// What it gives.
    pub gives: Gives,
    /// How it is found out.
    pub find: Find,
}

impl Fact {
    /// The fields that must be there.
    #[must_use]
    pub fn needs(&self) -> &'static [&'static str] {
        &self.fields[..self.required]
    }
}

/// What a fact gives.
#[derive(Clone, Copy, Debug)]
pub enum Gives {
    /// A number, compared by `exactly`, `at-least`, `at-most`.
    Number,
    /// A word, compared by `is`: one of these; any if there are none.
    Word(&'static [&'static str]),
    /// Yes or no.
    Truth,
}

/// How a fact is found out.
#[derive(Clone, Copy, Debug)]
pub enum Find {
    /// From a moment.
    Moment(fn(&Args, &World) -> Answer),
    /// From all that happened.
    History(fn(&Args, &Record) -> Answer),
}

/// What a fact is asked about; empty where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Args {
    fields: Vec<(&'static str, EcoString)>,
}

impl Args {
    /// Says something.
    pub fn set(&mut self, field: &'static str, text: EcoString) {
        self.fields.push((field, text));
    }

    /// What is said.
    #[must_use]
    pub fn get(&self, field: &str) -> &str {
        let found = self.fields.iter().find(|(name, _)| *name == field);
        found.map_or("", |(_, text)| text.as_str())
    }

    /// Whether a text is the one that is meant, or none is.
    fn meets(&self, field: &str, text: &str) -> bool {
        let wanted = self.get(field);
        wanted.is_empty() || wanted == text
    }
}

/// What was found out, and the moment that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A number.
    Number(u64, Option<Millis>),
    /// A word.
    Word(EcoString),
    /// Yes or no.
    Truth(bool, Option<Millis>),
}

impl Answer {
    /// The answer as people read it.
    #[must_use]
    pub fn words(&self) -> EcoString {
        match self {
            Answer::Number(number, _) => eco_format!("{number}"),
            Answer::Word(word) if word.is_empty() => texts::NONE.into(),
            Answer::Word(word) => word.clone(),
            Answer::Truth(true, _) => texts::YES.into(),
            Answer::Truth(false, _) => texts::NO.into(),
        }
    }

    pub(crate) fn at(&self) -> Option<Millis> {
        match self {
            Answer::Number(_, at) | Answer::Truth(_, at) => *at,
            Answer::Word(_) => None,
        }
    }
}

/// Whether a run, or the code that runs, is so.
const OUTCOMES: &[&str] = &["succeeded", "failed", "cancelled", "running"];
const CODE: &[&str] = &["old", "new", "mixed"];

const fn number(
    name: &'static str,
    noun: &'static str,
    fields: &'static [&'static str],
    required: usize,
    find: Find,
) -> Fact {
    Fact {
        name,
        noun,
        fields,
        required,
        gives: Gives::Number,
        find,
    }
}

/// Every fact.
pub const FACTS: &[Fact] = &[
    // Of a moment. Deployments as their status says, which is what kubectl shows.
    number(
        "wanted",
        texts::PODS_WANTED,
        &["deployment"],
        0,
        Find::Moment(moment::wanted),
    ),
    number(
        "pods",
        texts::PODS,
        &["deployment"],
        0,
        Find::Moment(moment::current),
    ),
    number(
        "ready",
        texts::READY_PODS,
        &["deployment"],
        0,
        Find::Moment(moment::ready),
    ),
    number(
        "updated",
        texts::UPDATED_PODS,
        &["deployment"],
        0,
        Find::Moment(moment::updated),
    ),
    Fact {
        name: "complete",
        noun: texts::COMPLETE,
        fields: &["deployment"],
        required: 1,
        gives: Gives::Truth,
        find: Find::Moment(moment::complete),
    },
    Fact {
        name: "exists",
        noun: texts::EXISTS,
        fields: &["object"],
        required: 1,
        gives: Gives::Truth,
        find: Find::Moment(moment::exists),
    },
    Fact {
        name: "has-field",
        noun: texts::HAS_FIELD,
        fields: &["object", "path"],
        required: 2,
        gives: Gives::Truth,
        find: Find::Moment(moment::has_field),
    },
    Fact {
        name: "field",
        noun: texts::FIELD,
        fields: &["object", "path"],
        required: 2,
        gives: Gives::Word(&[]),
        find: Find::Moment(moment::field),
    },
    // Of all that happened.
    number(
        "merged",
        texts::MERGED,
        &[],
        0,
        Find::History(history::merged),
    ),
    number(
        "commands",
        texts::COMMANDS,
        &[],
        0,
        Find::History(history::commands),
    ),
    number(
        "happened",
        texts::HAPPENED,
        &["reason", "actor", "object", "says"],
        0,
        Find::History(history::happened),
    ),
    number(
        "answered-requests",
        texts::ANSWERED,
        &["service"],
        0,
        Find::History(history::answered),
    ),
    number(
        "failed-requests",
        texts::FAILED,
        &["service"],
        0,
        Find::History(history::failed),
    ),
    number(
        "new-pods",
        texts::NEW_PODS,
        &["deployment"],
        0,
        Find::History(history::new_pods),
    ),
    number(
        "replaced-pods",
        texts::REPLACED_PODS,
        &["deployment"],
        0,
        Find::History(history::replaced),
    ),
    number(
        "kept-pods",
        texts::KEPT_PODS,
        &["deployment"],
        0,
        Find::History(history::kept),
    ),
    number(
        "restarts",
        texts::RESTARTS,
        &["deployment"],
        0,
        Find::History(history::restarts),
    ),
    number(
        "new-replica-sets",
        texts::NEW_SETS,
        &["deployment"],
        0,
        Find::History(history::new_sets),
    ),
    Fact {
        name: "reused-replica-set",
        noun: texts::REUSED_SET,
        fields: &["deployment"],
        required: 1,
        gives: Gives::Truth,
        find: Find::History(history::reused),
    },
    Fact {
        name: "code",
        noun: texts::CODE,
        fields: &["deployment"],
        required: 0,
        gives: Gives::Word(CODE),
        find: Find::History(history::code),
    },
    number(
        "images",
        texts::IMAGES,
        &[],
        0,
        Find::History(history::images),
    ),
    number(
        "releases",
        texts::RELEASES,
        &["status"],
        0,
        Find::History(history::releases),
    ),
    Fact {
        name: "run",
        noun: texts::RUN,
        fields: &[],
        required: 0,
        gives: Gives::Word(OUTCOMES),
        find: Find::History(history::run),
    },
    number(
        "check",
        texts::CHECK,
        &["name"],
        0,
        Find::History(history::check),
    ),
    number(
        "planned",
        texts::PLANNED,
        &["effect"],
        0,
        Find::History(history::planned),
    ),
    number(
        "file-says",
        texts::FILE_SAYS,
        &["path", "text"],
        2,
        Find::History(history::file_says),
    ),
    number(
        "rollout-seconds",
        texts::ROLLOUT_SECONDS,
        &["deployment"],
        0,
        Find::History(history::rollout_seconds),
    ),
];

/// A fact by its name.
#[must_use]
pub fn named(name: &str) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| fact.name == name)
}
