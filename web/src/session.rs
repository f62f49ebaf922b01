//! What the page knows, and everything that can happen to it.
//!
//! [`Session`] holds rows behind shared pointers; a clone of a session clones pointers. Components take
//! rows out of it and send an [`Action`]. What only the engine can do is sent to it, and its reply is
//! an action like any other: until then everything stays as it was.

use std::ops::Deref;
use std::rc::Rc;

use js_sys::Number;
use view::protocol::{Files, LessonIntent, Reply, Request, Sample, State};
use view::{
    EventRow, Intent, LessonRow, Mark, MarkKind, Millis, ObjectPanel, ObjectRef, Problem, Scene,
    Second, StationKind, StepStatus, Tone, WorkflowRow,
};
use yew::Reducible;

use crate::engine::Engine;
use crate::story::Pacing;
use crate::{dom, storage, words};

/// A shared value that is compared by identity: comparing two of them costs nothing.
#[derive(Debug)]
pub struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    /// Shares a value.
    pub fn new(value: T) -> Self {
        Self(Rc::new(value))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

/// What does not change while one plays: the whole history up to its end.
pub struct History {
    /// Every entry, in order.
    pub events: Rc<[EventRow]>,
    /// Traffic, one row a second.
    pub seconds: Rc<[Second]>,
    /// Places worth going to, in order.
    pub marks: Rc<[Mark]>,
    /// The last moment there is something to see.
    pub end: Millis,
    /// Virtual time told as play time.
    pub pacing: Pacing,
    /// The moments at which the picture changes, in order, `end` included.
    pub changes: Vec<Millis>,
}

impl History {
    fn new(
        events: Vec<EventRow>,
        seconds: Vec<Second>,
        marks: Vec<Mark>,
        end: Millis,
    ) -> Shared<Self> {
        let pacing = Pacing::new(&events, &marks, end);
        let mut changes: Vec<Millis> = events.iter().map(|event| event.t).collect();
        changes.extend(seconds.iter().map(|second| second.t));
        changes.push(end);
        changes.retain(|&t| t <= end);
        lean::sort(&mut changes);
        changes.dedup();
        Shared::new(Self {
            events: events.into(),
            seconds: seconds.into(),
            marks: marks.into(),
            end,
            pacing,
            changes,
        })
    }

    /// The moment of the newest merge; 0 before the first.
    pub fn chapter_start(&self) -> Millis {
        let merged = self
            .marks
            .iter()
            .rfind(|mark| mark.kind == MarkKind::Merged);
        merged.map_or(0, |mark| mark.t)
    }
}

/// How far a step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// To the event before this moment.
    EventBack,
    /// To the next event.
    EventOn,
    /// To the mark before this moment.
    MarkBack,
    /// To the next mark.
    MarkOn,
}

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

/// What a viewer can do, and what the player does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Shows a panel.
    Show(Panel),
    /// Opens a file in the editor.
    Open(Rc<str>),
    /// Opens a file at a line, from 1.
    OpenAt(Rc<str>, u32),
    /// Types: the whole new text of the open file.
    Edit(String),
    /// Gives one file the text that it has on main.
    Reset(Rc<str>),
    /// Gives all files the text that they have on main.
    ResetAll,
    /// Puts one of the lab's sample changes into the editor: which of [`Session::samples`].
    TrySample(usize),
    /// Names the pull request.
    Title(String),
    /// Opens the pull request, or updates it.
    OpenPullRequest,
    /// Closes the pull request without merging it.
    ClosePullRequest,
    /// Does what a person does on GitHub or in Argo CD, and plays what follows.
    Intend(Intent),
    /// Runs a line of the terminal.
    Command(String),
    /// Does something in the lesson.
    Learn(LessonIntent),
    /// Empties the terminal.
    ClearTerminal,
    /// Looks closely at an object.
    Inspect(ObjectRef),
    /// Looks at it no longer.
    Dismiss,
    /// Plays or pauses. Playing at the end replays the newest chapter.
    Play(bool),
    /// Sets the play speed in percent of the story's pace.
    Speed(u32),
    /// The player has come to this moment.
    Tick(Millis),
    /// The viewer goes to a moment.
    Seek(Millis),
    /// The viewer steps.
    Step(Stride),
    /// The viewer looks at a station; again, or none: back to the live one.
    Look(Option<StationKind>),
    /// The engine has done what it was asked for.
    Reply(Box<Reply>),
}

/// What the engine was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Open,
    Close,
    Merge,
    Revert,
    /// Anything else, with a button of the pull request.
    OnPullRequest,
    /// Anything else, with a button of this station.
    OnStage(StationKind),
    Command,
    Lesson(LessonIntent),
}

impl Asked {
    fn of(intent: &Intent) -> Asked {
        match intent {
            Intent::Merge(_) => Asked::Merge,
            Intent::Revert => Asked::Revert,
            Intent::Approve => Asked::OnPullRequest,
            Intent::Refresh(_) | Intent::Sync { .. } | Intent::Rollback { .. } => {
                Asked::OnStage(StationKind::Release)
            }
            Intent::Review { .. }
            | Intent::Cancel(_)
            | Intent::RunAgain { .. }
            | Intent::Dispatch { .. } => Asked::OnStage(StationKind::Checks),
        }
    }
}

/// What the page knows.
#[derive(Clone)]
pub struct Session {
    engine: Engine,
    original: Rc<Files>,
    /// What the engine was asked to do and has not done yet.
    asked: Option<Asked>,
    /// The lab's sample changes.
    pub samples: Rc<[Sample]>,
    /// The files on main.
    pub main: Rc<Files>,
    /// The files that differ from main, whole.
    pub draft: Rc<Files>,
    /// The open file.
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
    /// The line to which the editor is to go, and which time it is asked to.
    pub line: Option<(u32, u32)>,
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
    /// The furthest moment that was seen; what lies behind it is not told yet.
    pub seen: Millis,
    /// Whether it plays.
    pub playing: bool,
    /// In percent of the story's pace.
    pub speed: u32,
    /// Counts the jumps in time that the player did not make itself.
    pub jumps: u32,
    /// Counts the merges.
    pub merges: u32,
}

impl Session {
    /// The session of a lab that was opened, with the edits that were kept, paused at its end. Where
    /// there is no room for both, the living cluster is seen before the files.
    pub fn begin(engine: Engine, samples: Vec<Sample>, state: State) -> Self {
        let main = Rc::new(state.files);
        // What a sample would change last is what one would look at first.
        let file: Rc<str> = samples
            .first()
            .and_then(|sample| sample.files.keys().next_back())
            .or(main.keys().next())
            .map_or("", String::as_str)
            .into();
        let lesson = state.lesson.map(Rc::new);
        let mut draft = match &lesson {
            Some(lesson) => change_of(lesson),
            None => storage::edits(),
        };
        draft.retain(|path, text| main.get(path) != Some(text));
        let prepared = draft.keys().next_back().filter(|_| lesson.is_some());
        let file = prepared.map_or(file, |path| path.as_str().into());
        let history = History::new(state.events, state.seconds, state.marks, state.end);
        Self {
            engine,
            original: Rc::clone(&main),
            asked: None,
            samples: samples.into(),
            at: state.scene.now,
            scene: Shared::new(state.scene),
            seen: history.end,
            history,
            main,
            draft: Rc::new(draft),
            file,
            problems: Rc::new([]),
            title: None,
            refused: Rc::new([]),
            refused_on_stage: false,
            workflows: state.workflows.into(),
            panel: match (&lesson, dom::media(dom::WIDE)) {
                (Some(_), _) => Panel::Lesson,
                (None, true) => Panel::Files,
                (None, false) => Panel::Stage,
            },
            lesson,
            terminal: Rc::default(),
            object: None,
            line: None,
            look: None,
            playing: false,
            speed: first_speed(),
            jumps: 0,
            merges: 0,
        }
    }

    /// The text of a file as the editor shows it.
    pub fn text(&self, path: &str) -> &str {
        self.draft
            .get(path)
            .or_else(|| self.main.get(path))
            .map_or("", String::as_str)
    }

    /// The title that the next pull request gets.
    pub fn next_title(&self) -> String {
        if let Some(title) = self.title.as_ref().filter(|title| !title.trim().is_empty()) {
            return title.clone();
        }
        if let Some(sample) = self
            .samples
            .iter()
            .find(|sample| *self.draft == sample.files)
        {
            return sample.title.to_string();
        }
        let names: Vec<&str> = self
            .draft
            .keys()
            .map(|path| words::last_part(path))
            .collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => format!("Change {one}"),
            [one, two] => format!("Change {one} and {two}"),
            many => format!("Change {} files", many.len()),
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

    /// Whether something is known to happen after this moment, which another change would undo.
    pub fn is_in_the_past(&self) -> bool {
        self.history
            .events
            .last()
            .is_some_and(|event| event.t > self.at)
    }

    /// Asks for the mistakes in the open file.
    pub fn check(&self) {
        self.engine.send(&Request::Check {
            path: self.file.to_string(),
            text: self.text(&self.file).to_owned(),
        });
    }

    /// Keeps the edits before anything else is done with them.
    fn write(&mut self, path: &str, text: Option<String>) {
        let draft = Rc::make_mut(&mut self.draft);
        match text {
            Some(text) if self.main.get(path) != Some(&text) => {
                draft.insert(path.to_owned(), text);
            }
            _ => {
                draft.remove(path);
            }
        }
        self.keep();
        self.refused = Rc::new([]);
    }

    /// A reload begins with the lab's first files, so what is kept is the difference from those:
    /// a merged edit is still the learner's.
    fn keep(&self) {
        // A lesson begins anew, for it judges what was done.
        if self.lesson.is_some() {
            return;
        }
        let mut edits = self.working_tree();
        edits.retain(|path, text| self.original.get(path) != Some(text));
        storage::keep_edits(&edits);
    }

    fn open(&mut self, path: Rc<str>) {
        self.file = path;
        self.line = None;
        self.panel = Panel::Files;
        self.problems = Rc::new([]);
        self.check();
    }

    fn go_to(&mut self, t: Millis) {
        self.at = t.min(self.history.end);
        self.seen = self.seen.max(self.at);
        self.engine.show(self.at);
    }

    fn jump(&mut self, t: Millis) {
        self.go_to(t);
        self.jumps += 1;
    }

    fn play(&mut self, play: bool) {
        self.playing = play;
        if play && self.at >= self.history.end {
            self.look = None;
            self.jump(self.history.chapter_start());
        }
    }

    fn step(&mut self, stride: Stride) {
        let now = self.at;
        let told = |event: &&EventRow| event.tone != Tone::Detail;
        let events = || self.history.events.iter().filter(told).map(|event| event.t);
        let marks = || self.history.marks.iter().map(|mark| mark.t);
        let to = match stride {
            Stride::EventBack => events().rfind(|&t| t < now).unwrap_or(0),
            Stride::EventOn => events().find(|&t| t > now).unwrap_or(self.history.end),
            Stride::MarkBack => marks().rfind(|&t| t < now).unwrap_or(0),
            Stride::MarkOn => marks().find(|&t| t > now).unwrap_or(self.history.end),
        };
        self.playing = false;
        self.jump(to);
    }

    /// All files as the editor shows them.
    fn working_tree(&self) -> Files {
        let mut files = (*self.main).clone();
        files.extend((*self.draft).clone());
        files
    }

    /// Asks what there is to know of the object that is looked at.
    fn inspect(&self) {
        if let Some(panel) = self.object.as_ref().filter(|_| self.panel == Panel::Object) {
            self.engine.send(&Request::Inspect(panel.object.clone()));
        }
    }

    /// Asks for something that changes the lab. One such thing is done at a time.
    fn ask(&mut self, what: Asked, request: &Request) {
        if self.asked.is_none() {
            self.asked = Some(what);
            self.engine.send(request);
        }
    }

    /// What was asked for is done: what lay behind this moment is another future now. Edits stand on
    /// the files that main has at this moment.
    fn change(&mut self, state: State) {
        let mut files = self.working_tree();
        files.retain(|path, text| state.files.get(path) != Some(text));
        self.main = Rc::new(state.files);
        self.draft = Rc::new(files);
        self.keep();
        self.check();
        self.refused = Rc::new([]);
        self.look = None;
        self.at = state.scene.now;
        self.seen = self.at;
        self.scene = Shared::new(state.scene);
        self.history = History::new(state.events, state.seconds, state.marks, state.end);
        self.workflows = state.workflows.into();
        self.lesson = state.lesson.map(Rc::new);
        self.jumps += 1;
        self.inspect();
        match self.asked.take() {
            Some(Asked::Open) => {
                self.playing = false;
                self.panel = Panel::PullRequest;
            }
            Some(Asked::Revert) => {
                self.playing = false;
                self.title = None;
                self.panel = Panel::PullRequest;
            }
            Some(Asked::Close) => self.panel = Panel::Files,
            Some(Asked::Merge) => {
                self.title = None;
                self.panel = Panel::Stage;
                self.playing = true;
                self.merges += 1;
            }
            Some(Asked::OnStage(station)) => {
                self.look = Some(station);
                self.playing = self.is_in_the_past();
            }
            Some(Asked::OnPullRequest | Asked::Command) => {
                self.playing = self.is_in_the_past();
            }
            Some(Asked::Lesson(intent)) => self.learn(intent),
            None => {}
        }
    }

    /// A step began, or begins again: its change lies in the editor.
    fn learn(&mut self, intent: LessonIntent) {
        self.playing = false;
        if let (LessonIntent::Next | LessonIntent::Retry, Some(lesson)) = (intent, &self.lesson) {
            let mut draft = change_of(lesson);
            draft.retain(|path, text| self.main.get(path) != Some(text));
            if let Some(path) = draft.keys().next_back() {
                self.file = path.as_str().into();
            }
            self.draft = Rc::new(draft);
            self.title = None;
            self.panel = Panel::Lesson;
            self.check();
        }
    }

    fn take(&mut self, reply: Reply) {
        match reply {
            Reply::Opened { state, .. } => {
                dom::performance_mark("lab:engine");
                // The page began with a recording of this, which may be older than the engine.
                if state.events[..] != self.history.events[..] {
                    self.change(state);
                }
            }
            Reply::Changed(state) => self.change(state),
            Reply::Checked { path, problems } if *path == *self.file => {
                self.problems = problems.into();
            }
            Reply::Checked { .. } => {}
            Reply::Refused(problems) => {
                let asked = self.asked.take();
                self.refused_on_stage = matches!(asked, Some(Asked::OnStage(_)));
                // A lesson asks for a pull request too; why there is none stands beside the files.
                if matches!(asked, Some(Asked::Open)) {
                    self.panel = Panel::Files;
                }
                self.refused = problems.into();
            }
            Reply::Printed {
                line,
                text,
                exit,
                state,
            } => {
                let printed = Printed {
                    line,
                    t: self.at,
                    text: text.into(),
                    is_failed: exit != 0,
                };
                Rc::make_mut(&mut self.terminal).push(printed);
                match state {
                    Some(state) => self.change(state),
                    None => self.asked = None,
                }
            }
            Reply::Object(panel) => {
                let is_wanted = |wanted: &Rc<ObjectPanel>| wanted.object == panel.object;
                if self.object.as_ref().is_some_and(is_wanted) {
                    self.object = Some(Rc::new(panel));
                }
            }
            Reply::Scene(scene) => {
                self.scene = Shared::new(scene);
                self.inspect();
            }
        }
    }

    fn apply(&mut self, action: Action) {
        match action {
            Action::Show(panel) => {
                self.panel = panel;
                self.inspect();
            }
            Action::Open(path) => self.open(path),
            Action::OpenAt(path, line) => {
                self.open(path);
                let times = self.line.map_or(0, |(_, times)| times);
                self.line = Some((line, times + 1));
            }
            Action::Edit(text) => {
                let path = Rc::clone(&self.file);
                self.write(&path, Some(text));
                self.check();
            }
            Action::Reset(path) => {
                self.write(&path, None);
                self.check();
            }
            Action::ResetAll => {
                self.draft = Rc::default();
                self.title = None;
                self.keep();
                self.check();
            }
            Action::TrySample(which) => {
                let samples = Rc::clone(&self.samples);
                let Some(sample) = samples.get(which) else {
                    return;
                };
                for (path, text) in &sample.files {
                    self.write(path, Some(text.clone()));
                }
                self.panel = Panel::Files;
                // The file with the shortest change that the eye finds: the one that is open, or the last.
                if !sample.files.contains_key(&*self.file)
                    && let Some(path) = sample.files.keys().next_back()
                {
                    self.file = path.as_str().into();
                }
                self.check();
            }
            Action::Title(title) => self.title = Some(title),
            Action::OpenPullRequest => {
                let (title, files) = (self.next_title(), self.working_tree());
                self.ask(Asked::Open, &Request::OpenPullRequest { title, files });
            }
            Action::ClosePullRequest => self.ask(Asked::Close, &Request::ClosePullRequest),
            Action::Intend(intent) => {
                self.ask(Asked::of(&intent), &Request::Intend(intent));
            }
            Action::Command(line) => self.ask(Asked::Command, &Request::Command(line)),
            Action::Learn(intent) => {
                self.ask(Asked::Lesson(intent), &Request::Lesson(intent));
            }
            Action::ClearTerminal => self.terminal = Rc::default(),
            Action::Inspect(object) => {
                self.object = Some(Rc::new(ObjectPanel {
                    object,
                    ..ObjectPanel::default()
                }));
                self.panel = Panel::Object;
                self.inspect();
            }
            Action::Dismiss => {
                self.object = None;
                self.panel = Panel::Stage;
            }
            Action::Play(play) => self.play(play),
            Action::Speed(speed) => self.speed = speed,
            Action::Tick(t) => {
                self.go_to(t);
                if t >= self.history.end {
                    self.playing = false;
                }
            }
            Action::Seek(t) => {
                self.playing = false;
                self.jump(t);
            }
            Action::Step(stride) => self.step(stride),
            Action::Look(station) => self.look = station.filter(|_| self.look != station),
            Action::Reply(reply) => self.take(*reply),
        }
    }
}

/// The change that the step to be done brings along.
fn change_of(lesson: &LessonRow) -> Files {
    let mut steps = lesson.steps.iter();
    let step = steps.find(|step| step.status == StepStatus::Active);
    step.map(|step| step.change.clone()).unwrap_or_default()
}

impl Reducible for Session {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut next = (*self).clone();
        next.apply(action);
        Rc::new(next)
    }
}

/// The speeds that the player offers, in percent.
pub const SPEEDS: [u32; 6] = [25, 50, 100, 200, 400, 800];

/// `?speed=8` in the page's address starts at 8 times the story's pace.
fn first_speed() -> u32 {
    dom::parameter("speed")
        .filter(|text| !text.is_empty())
        // JavaScript reads the number: Rust's own way brings tables of ten kilobytes along.
        .and_then(|text| text.parse::<Number>().ok())
        .map(|number| number.value_of())
        .filter(|factor| !factor.is_nan())
        .map_or(100, |factor| (factor * 100.0).clamp(10.0, 10_000.0) as u32)
}

/// How many causes are told at most; a chain is rarely longer than a dozen.
const CAUSES_MOST: usize = 40;

/// The entries that led to `entry`, nearest first.
pub fn causes(events: &Rc<[EventRow]>, entry: u32) -> Vec<&EventRow> {
    let of = |id: u32| {
        events
            .binary_search_by_key(&id, |event| event.id)
            .ok()
            .map(|index| &events[index])
    };
    let mut chain = Vec::new();
    let mut at = of(entry).and_then(|event| event.cause);
    while let Some(cause) = at.and_then(of) {
        // A cause is always older than its effect; anything else would be a circle.
        let older = chain
            .last()
            .is_none_or(|last: &&EventRow| cause.id < last.id);
        if !older || chain.len() == CAUSES_MOST {
            break;
        }
        chain.push(cause);
        at = cause.cause;
    }
    chain
}
