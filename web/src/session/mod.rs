//! What the page knows, and everything that can happen to it.
//!
//! [`Session`] holds rows behind shared pointers; a clone of a session clones pointers. Components take
//! rows out of it and send an [`Action`]. What only the engine can do is sent to it, and its reply is
//! an action like any other: until then everything stays as it was.
//!
//! - [`action`]: everything that can happen; [`reply`]: what the engine is asked for, and answers;
//! - [`edits`]: the files as the editor shows them; [`open_files`]: those that have a tab;
//! - [`history`] and [`time`]: what happened, and moving in it.

mod action;
mod edits;
mod history;
mod open_files;
mod reply;
mod shared;
mod time;

pub use action::Action;
pub use edits::{GoTo, Question, Rendered};
pub use history::{Deed, History, OtherFuture, causes};
pub use shared::Shared;
pub use time::{SPEEDS, Stride};

use std::rc::Rc;

use ecow::EcoString;
use view::protocol::{Carried, Files, Sample, State};
use view::{
    Edits, LessonRow, Millis, ObjectPanel, Problem, Scene, Sentence, StationKind, WorkflowRow,
};
use yew::Reducible;

use crate::engine::Engine;
use crate::parts::embed::has_panel;
use crate::{dom, storage};
use edits::{Questions, change_of};
use history::histories;
use reply::Asked;
use time::first_speed;

/// What the side panel shows. On narrow pages the stage is one of its tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The lesson.
    Lesson,
    /// The repository and its editor.
    Files,
    /// The pull request.
    PullRequest,
    /// The cluster and the way to it.
    Stage,
    /// What happened, in words.
    Events,
    /// `kubectl`.
    Terminal,
    /// One object, looked at closely.
    Object,
}

/// A line of the terminal and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    /// The line.
    pub line: String,
    /// When it was run, in virtual time.
    pub t: Millis,
    /// What it printed.
    pub text: String,
    /// Whether it failed.
    pub is_failed: bool,
}

/// What belongs to the future that is not worked in.
#[derive(Clone, Default)]
struct PutAside {
    /// The edits that were made there.
    draft: Rc<Edits>,
    /// What was typed there.
    terminal: Rc<Vec<Printed>>,
}

/// What the page knows.
#[derive(Clone)]
pub struct Session {
    engine: Engine,
    /// The files on main where a reload goes on.
    original: Rc<Files>,
    /// What the engine was asked to do and has not done yet.
    asked: Option<Asked>,
    /// How often it was asked for what a reload goes on from, and has not said it yet.
    leaving: u32,
    /// Whether something was done, from which a reload goes on.
    pub has_story: bool,
    /// Whether the lab was begun anew, and what there was can be brought back.
    pub has_started_over: bool,
    /// The lab's sample changes.
    pub samples: Rc<[Sample]>,
    /// The files on main.
    pub main: Rc<Files>,
    /// How the files differ from main.
    pub draft: Rc<Edits>,
    /// The edits, and the open file, before the last thing that can be taken back.
    pub undo: Option<(Rc<Edits>, Rc<str>)>,
    /// What was assumed about a chart that was added.
    pub notes: Rc<[EcoString]>,
    /// What the editor asked and does not know yet.
    questions: Questions,
    /// What the chart around the open file renders.
    pub rendered: Rendered,
    /// The line in which the caret stands, from 1; 0 before it was moved.
    pub caret: u32,
    /// The line of the rendered manifests that is looked at, from 0.
    pub chosen: Option<usize>,
    /// The open files, in the order of their tabs.
    pub tabs: Rc<[Rc<str>]>,
    /// The one that is shown.
    pub file: Rc<str>,
    /// The mistakes in the open file.
    pub problems: Rc<[Problem]>,
    /// The title of the next pull request, if the viewer wrote one.
    pub title: Option<String>,
    /// Why the last intent was refused.
    pub refused: Rc<[Problem]>,
    /// Whether that was an intent of the stage.
    pub refused_on_stage: bool,
    /// The workflows that can be started by hand.
    pub workflows: Rc<[WorkflowRow]>,
    /// The lesson that the lab was opened for.
    pub lesson: Option<Rc<LessonRow>>,
    /// What was typed at the terminal, and what came of it.
    pub terminal: Rc<Vec<Printed>>,
    /// The object that is looked at closely: what was asked for, then what is known.
    pub object: Option<Rc<ObjectPanel>>,
    /// The line to which the editor is to go.
    pub line: Option<GoTo>,
    /// The shown panel.
    pub panel: Panel,
    /// The station that the viewer looks at, if not the live one.
    pub look: Option<StationKind>,
    /// The moment that the viewer is at.
    pub at: Millis,
    /// The newest picture: of that moment, or of one shortly before if the engine is still on its way.
    pub scene: Shared<Scene>,
    /// The whole history.
    pub history: Shared<History>,
    /// The other future, if there are two.
    pub other: Option<Rc<OtherFuture>>,
    /// What lies with it.
    put_aside: PutAside,
    /// The furthest moment that was seen; what lies behind it is not told yet.
    pub seen: Millis,
    /// The entry of this moment that the viewer chose to be told, instead of the newest.
    pub told: Option<u32>,
    /// Whether it plays.
    pub playing: bool,
    /// In percent of the story's pace.
    pub speed: u32,
    /// Counts the jumps in time that the player did not make itself.
    pub jumps: u32,
    /// Counts the merges, and the samples that were tried.
    pub merges: u32,
    pub samples_tried: u32,
    /// What a link to a moment carries, if one was asked for; empty until the engine has said it.
    pub link: Option<Rc<str>>,
    /// A picture of that moment, as SVG; empty until the engine has drawn it.
    pub picture: Rc<str>,
    /// What is said above everything, until it is read.
    pub notice: Option<Rc<str>>,
}

impl Session {
    /// The session of a lab that was opened, with the edits that were kept, or else with what a
    /// link carried; paused at its moment. `notice` is said above it. Where there is no room for both,
    /// the living cluster is seen before the files.
    pub fn begin(
        engine: Engine,
        samples: Vec<Sample>,
        mut state: State,
        carried: Option<Carried>,
        notice: Option<Rc<str>>,
    ) -> Self {
        let (history, other) = histories(&mut state);
        let main = Rc::new(state.files);
        // What a sample would change last is what one would look at first, or else the values.
        let file: Rc<str> = samples
            .first()
            .and_then(|sample| sample.files.keys().next_back())
            .or(main.keys().find(|path| path.ends_with("/values.yaml")))
            .or(main.keys().next())
            .map_or("", String::as_str)
            .into();
        let lesson = state.lesson.map(Rc::new);
        let gone = |files: &Files| {
            main.keys()
                .filter(|path| !files.contains_key(*path))
                .cloned()
                .collect()
        };
        let carried = carried.map(|it| {
            let draft = Edits {
                removed: gone(&it.files),
                changed: it.files,
            };
            (draft, it.aside)
        });
        let (carried, aside) = carried.unzip();
        let prepared = || lesson.as_deref().map(change_of);
        let draft = storage::edits().or(carried).or_else(prepared);
        let mut draft = draft.unwrap_or_default();
        draft.settle(&main);
        let mut session = Self {
            engine,
            original: Rc::clone(&main),
            asked: None,
            leaving: 0,
            has_story: storage::story().is_some(),
            has_started_over: storage::has_started_over(),
            samples: samples.into(),
            at: state.scene.now,
            scene: Shared::new(state.scene),
            seen: history.end,
            history,
            other,
            put_aside: PutAside {
                draft: Rc::new(aside.unwrap_or_default()),
                terminal: Rc::default(),
            },
            main,
            draft: Rc::new(draft),
            undo: None,
            notes: Rc::new([]),
            questions: Questions::new(),
            rendered: Rendered::default(),
            caret: 0,
            chosen: None,
            tabs: Rc::new([Rc::clone(&file)]),
            file,
            problems: Rc::new([]),
            title: None,
            refused: Rc::new([]),
            refused_on_stage: false,
            workflows: state.workflows.into(),
            panel: match (&lesson, dom::media(dom::WIDE)) {
                (Some(_), _) => Panel::Lesson,
                (None, true) if has_panel(Panel::Files) => Panel::Files,
                (None, _) => Panel::Stage,
            },
            lesson,
            terminal: Rc::default(),
            object: None,
            line: None,
            look: None,
            told: None,
            playing: false,
            speed: first_speed(),
            jumps: 0,
            merges: 0,
            samples_tried: 0,
            link: None,
            picture: Rc::default(),
            notice,
        };
        match session.lesson {
            // What lies in the editor was put there for the step, or is where one was in it.
            Some(_) => {
                session.show_prepared(&Rc::clone(&session.draft).changed);
                session.tabs = Rc::new([Rc::clone(&session.file)]);
            }
            None => session.reopen(),
        }
        session
    }

    /// What is happening now, in one sentence: that of the entry that was chosen, else what the scene says.
    pub fn sentence(&self) -> Option<Sentence> {
        let told = self
            .told
            .and_then(|id| self.history.events.get(id as usize));
        match told {
            Some(event) => Some(Sentence::new(event.id, event.t, &event.message)),
            None => self.scene.sentence.clone(),
        }
    }

    /// Whether the pull request on the stage is open.
    pub fn has_open_pull_request(&self) -> bool {
        self.scene
            .pull_request
            .as_ref()
            .is_some_and(|row| row.state == "Open")
    }

    /// Whether the engine has yet to do what it was asked for, so that the picture is not the moment's.
    pub fn is_waiting(&self) -> bool {
        self.asked.is_some() || self.at != self.scene.now
    }

    /// Whether the engine was asked to do something and has not answered yet.
    pub fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether nothing differs between this future and the other yet.
    pub fn is_same_as(&self, other: &OtherFuture) -> bool {
        let (here, there) = (&self.history.events, &other.history.events);
        here.last() == there.last() && here.len() == there.len()
    }

    /// Whether something is known to happen after this moment, which another change would undo.
    pub fn is_in_the_past(&self) -> bool {
        self.history
            .events
            .last()
            .is_some_and(|event| event.t > self.at)
    }
}

impl Reducible for Session {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = (*self).clone();
        next.apply(action);
        next.settle_tabs(&self);
        Rc::new(next)
    }
}
