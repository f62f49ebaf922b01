//! What a page shows of a lesson: plain rows, in the learner's words.

use crate::Millis;
use crate::protocol::Files;
use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// A lesson, as far as its learner has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LessonRow {
    /// `memory-limit`
    pub id: EcoString,
    /// Its title.
    pub title: EcoString,
    /// One sentence about it.
    pub summary: EcoString,
    /// How long it takes.
    pub minutes: u32,
    /// What comes before the first step.
    pub intro: Vec<Block>,
    /// The files that may be edited, by path with the repository; all below it where one ends with `/`.
    pub editable: Vec<EcoString>,
    /// Its steps, in order. Those that wait tell nothing but their titles.
    pub steps: Vec<LessonStepRow>,
    /// Whether all steps are done.
    pub is_done: bool,
    /// From which moment on it is known how the step ended: goals, prediction and debrief are about
    /// everything that is played until then. A page that plays shows them when it has come there.
    pub judged_at: Millis,
}

/// A lesson in a list of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonCard {
    /// Its folder's name, by which an address asks for it.
    pub id: EcoString,
    /// Its title.
    pub title: EcoString,
    /// One sentence about it.
    pub summary: EcoString,
    /// How long it takes.
    pub minutes: u32,
}

/// How far a learner is with a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepStatus {
    /// Comes later.
    #[default]
    Waiting,
    /// Is to be done now.
    Active,
    /// Its goals are met.
    Done,
}

/// A step of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LessonStepRow {
    /// `cut`
    pub id: EcoString,
    /// Its title.
    pub title: EcoString,
    /// How far it is.
    pub status: StepStatus,
    /// What to do, and why.
    pub task: Vec<Block>,
    /// A pull request that is ready: files that differ from main. The page lays them over the editor.
    pub change: Files,
    /// What the learner is asked before.
    pub prediction: Option<PredictionRow>,
    /// What has to come true.
    pub goals: Vec<GoalRow>,
    /// The hints that are shown: those that the situation calls for, and those that were asked for.
    pub hints: Vec<Vec<Block>>,
    /// Whether there are more to ask for.
    pub has_more_hints: bool,
    /// What really happened; empty before anything was done.
    pub debrief: Vec<Block>,
}

/// A question about the future.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PredictionRow {
    /// The question.
    pub question: Vec<Block>,
    /// What one may think.
    pub choices: Vec<Vec<Span>>,
    /// What the learner thinks, counted from 0.
    pub chosen: Option<u32>,
    /// What really happened; none before it did, or if it was none of the choices.
    pub right: Option<u32>,
}

/// Something that has to come true.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GoalRow {
    /// In words.
    pub text: Vec<Span>,
    /// Whether it is.
    pub is_met: bool,
    /// What the history says of it: `0 of 2400 requests failed`.
    pub evidence: EcoString,
    /// The moment that decided it, if there is one.
    pub at: Option<Millis>,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list.
    List(Vec<Vec<Span>>),
    /// Lines of code, as they are.
    Code(EcoString),
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// Words.
    Text(EcoString),
    /// `code`
    Code(EcoString),
    /// *Words that weigh more.*
    Emphasis(EcoString),
}
