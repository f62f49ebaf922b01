//! The messages between a viewer and an engine, which may run in another thread.
//!
//! A viewer sends [`Request`]s; each gets one [`Reply`], in the order in which they were sent.
//! [`encode`] and [`decode`] turn them into bytes and back. Both sides are built from the same commit,
//! so the bytes carry no version.

use crate::{
    Adopted, Completion, Dropped, Edits, EventRow, Explanation, Intent, LessonRow, Manifest, Mark,
    Millis, ObjectPanel, ObjectRef, Problem, Scene, Second, WorkflowRow,
};
use ecow::EcoString;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Files by path; the first part of a path is a repository's name.
pub type Files = BTreeMap<String, String>;

/// The lab that a page opens with if nothing else is asked for.
pub const OPENING: &str = "order-service";

/// What a viewer asks of an engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Opens a built-in lab: [`Reply::Opened`], or [`Reply::Refused`] if there is none of that name.
    Open(String),
    /// Looks for mistakes in a file as it is typed, and in what comes of it: [`Reply::Checked`].
    Check {
        /// The file.
        path: String,
        /// It, and what else is edited.
        edits: Edits,
    },
    /// Asks what the chart around a file renders: [`Reply::Rendered`].
    Render {
        /// The file.
        path: String,
        /// It, and what else is edited.
        edits: Edits,
    },
    /// Makes a repository of somebody's own chart, which is then the editor's: [`Reply::Adopted`] or
    /// [`Reply::Refused`].
    Adopt(Dropped),
    /// Asks what could stand at a place: [`Reply::Completions`].
    Complete(Place),
    /// Asks what stands at a place: [`Reply::Explained`].
    Explain(Place),
    /// Opens a pull request with what differs from main, or puts it on the one that is open:
    /// [`Reply::Changed`] or [`Reply::Refused`].
    OpenPullRequest {
        /// Its title.
        title: String,
        /// All files as the editor shows them.
        files: Files,
    },
    /// Closes the pull request: [`Reply::Changed`].
    ClosePullRequest,
    /// Does what a person does, and plays what follows: [`Reply::Changed`] or [`Reply::Refused`].
    Intend(Intent),
    /// Runs a line of a terminal, and plays what follows: [`Reply::Printed`].
    Command(String),
    /// Asks what there is to know of an object at this moment: [`Reply::Object`].
    Inspect(ObjectRef),
    /// Goes to a moment, in both futures if there are two: [`Reply::Scene`].
    Seek(Millis),
    /// Begins a second future at this moment, which is the one that requests are about from now on; the
    /// other stays as it is: [`Reply::Changed`], or [`Reply::Refused`] if there are two already.
    Fork,
    /// From now on requests are about the other future: [`Reply::Changed`].
    Switch,
    /// Gives the other future up: [`Reply::Changed`].
    Join,
    /// Opens a lesson from the files of its folder, and its lab: [`Reply::Opened`], or
    /// [`Reply::Refused`] with what is wrong in them. [`Request::Open`] ends it.
    OpenLesson(Files),
    /// Does something in the lesson: [`Reply::Changed`] or [`Reply::Refused`].
    Lesson(LessonIntent),
    /// Asks for what a link to this moment carries: [`Reply::Link`].
    Share {
        /// The folder of the lesson, if the lab was opened for one.
        lesson: Option<String>,
        /// All files as the editor shows them.
        files: Files,
        /// How they differ from main in the other future, if there are two.
        aside: Edits,
    },
    /// Asks for a picture of this moment: [`Reply::Picture`].
    Picture,
    /// Opens what a link carries: [`Reply::Opened`], or [`Reply::Refused`] with what is wrong in it.
    OpenLink {
        /// What [`Reply::Link`] said, in this edition or an older one.
        link: String,
        /// The lesson that it names: the files of its folder.
        lesson: Option<Files>,
    },
}

/// A place in a text that is being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub path: String,
    /// Its text.
    pub text: String,
    /// How many of JavaScript's characters (UTF-16) come before the place.
    pub offset: u32,
    /// The values of the chart that the file is a template of, as they are edited; empty without one.
    pub values: String,
}

/// What a learner does besides working in the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LessonIntent {
    /// Predicts: the choice, counted from 0. Possible until something was done.
    Predict(u32),
    /// Asks for one hint more.
    AskHint,
    /// Begins the step again: the lab is as it was then.
    Retry,
    /// Goes on to the next step.
    Next,
}

/// What an engine answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The lab is open, at its end.
    Opened {
        /// Its name.
        name: EcoString,
        /// All built-in labs, in the order in which one would visit them.
        labs: Vec<LabRow>,
        /// The pull requests that the lab brings.
        samples: Vec<Sample>,
        /// What there is.
        state: State,
        /// What else a link carried, if it was opened by one.
        carried: Option<Carried>,
    },
    /// What is wrong in a file.
    Checked {
        /// The file.
        path: String,
        /// Its mistakes.
        problems: Vec<Problem>,
    },
    /// A chart as a repository.
    Adopted(Adopted),
    /// What a chart renders; none if the file belongs to no chart.
    Rendered(Option<Manifest>),
    /// What could stand there.
    Completions(Vec<Completion>),
    /// What stands there, if that is known.
    Explained(Option<Explanation>),
    /// The pull request is another, and so is the future.
    Changed(State),
    /// Why the engine did not do it. Nothing changed.
    Refused(Vec<Problem>),
    /// What a command printed.
    Printed {
        /// The line.
        line: String,
        /// What it wrote on standard output, then on standard error.
        text: EcoString,
        /// Its exit code.
        exit: u8,
        /// What there is now, if it changed anything or was refused a change.
        state: Option<State>,
    },
    /// What there is to know of an object.
    Object(ObjectPanel),
    /// The picture of the moment, and that of the other future.
    Scene(Scene, Option<Box<Scene>>),
    /// What a link carries, as JSON: `docs/links.md` describes it.
    Link(EcoString),
    /// A picture of the moment, as SVG.
    Picture(EcoString),
}

/// What a link carried beside what was done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// All files as the editor is to show them.
    pub files: Files,
    /// How they differ from main in the other future, if there are two.
    pub aside: Edits,
    /// What could not be done again, and why.
    pub refused: Vec<Problem>,
}

/// A built-in lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabRow {
    /// What [`Request::Open`] calls it.
    pub name: EcoString,
    /// What it shows, in a few words.
    pub title: EcoString,
}

/// What there is to know of a lab after something was done to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The files on main.
    pub files: Files,
    /// The picture of the moment.
    pub scene: Scene,
    /// Every entry, in order, the future ones included.
    pub events: Vec<EventRow>,
    /// Traffic, one row a second.
    pub seconds: Vec<Second>,
    /// Places worth going to, in order.
    pub marks: Vec<Mark>,
    /// The last moment there is something to see.
    pub end: Millis,
    /// The lesson, if the lab was opened for one.
    pub lesson: Option<LessonRow>,
    /// The workflows that can be started by hand.
    pub workflows: Vec<WorkflowRow>,
    /// The other future, if there are two.
    pub other: Option<Box<Future>>,
}

/// The future that requests are not about. It ends when the other does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Future {
    /// The moment from which on the two differ.
    pub since: Millis,
    /// Whether this is the one that was forked off.
    pub is_fork: bool,
    /// The picture of the moment.
    pub scene: Scene,
    /// Every entry, in order.
    pub events: Vec<EventRow>,
    /// Traffic, one row a second.
    pub seconds: Vec<Second>,
    /// Places worth going to, in order.
    pub marks: Vec<Mark>,
    /// What came of the two, side by side.
    pub differences: Vec<Difference>,
}

/// What came of two futures in one respect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// In which: `failed requests`.
    pub what: EcoString,
    /// In the future that requests are about.
    pub here: EcoString,
    /// In the other.
    pub there: EcoString,
}

/// A pull request that is ready to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Its title.
    pub title: EcoString,
    /// The branch it comes from.
    pub branch: EcoString,
    /// Its description.
    pub description: EcoString,
    /// The files it changes, whole, by path with their repository.
    pub files: Files,
}

/// A message as bytes.
#[must_use]
pub fn encode<M: Serialize>(message: &M) -> Vec<u8> {
    // Only a sequence of unknown length could not be written, and there is none.
    postcard::to_allocvec(message).unwrap_or_default()
}

/// The message that these bytes are; none if they are not one.
#[must_use]
pub fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Option<M> {
    postcard::from_bytes(bytes).ok()
}
