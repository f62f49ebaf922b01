//! What the engine is asked for, and what its replies change.

use std::rc::Rc;

use view::protocol::{LessonIntent, Reply, Request, State};
use view::{Edits, Intent, ObjectPanel, StationKind, StepStatus};

use super::{OtherFuture, Panel, Printed, PutAside, Session, Shared, change_of, histories};
use crate::{dom, texts};

/// What the engine was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Open,
    Close,
    Merge,
    Revert,
    /// Anything else, with a button of the pull request.
    OnPullRequest,
    /// Anything else, with a button of this station.
    OnStage(StationKind),
    Command,
    Adopt,
    Lesson(LessonIntent),
    Fork,
    Switch,
    Join,
}

impl Asked {
    pub(super) fn of(intent: &Intent) -> Asked {
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

impl Session {
    /// Asks what there is to know of the object that is looked at.
    pub(super) fn inspect(&self) {
        if let Some(panel) = self.object.as_ref().filter(|_| self.panel == Panel::Object) {
            self.engine.send(Request::Inspect(panel.object.clone()));
        }
    }

    /// Asks for something that changes the lab. One such thing is done at a time.
    pub(super) fn ask(&mut self, what: Asked, request: Request) {
        if self.asked.is_none() {
            self.asked = Some(what);
            self.engine.send(request);
        }
    }

    /// Does something in the lesson. What one thinks shows at once: until the engine has taken it, every
    /// drawing would take the mark away again.
    pub(super) fn ask_lesson(&mut self, intent: LessonIntent) {
        if self.asked.is_none()
            && let LessonIntent::Predict(choice) = intent
            && let Some(lesson) = &mut self.lesson
        {
            let mut steps = Rc::make_mut(lesson).steps.iter_mut();
            let active = steps.find(|step| step.status == StepStatus::Active);
            if let Some(prediction) = active.and_then(|step| step.prediction.as_mut()) {
                prediction.chosen = Some(choice);
            }
        }
        self.ask(Asked::Lesson(intent), Request::Lesson(intent));
    }

    /// Asks for what a link to this moment carries, and for its picture. Who shares a moment stays there;
    /// a page around a frame may ask for the link while the frame plays.
    pub(super) fn share(&mut self) {
        self.playing &= dom::is_embed();
        self.link = Some("".into());
        self.picture = Rc::default();
        self.ask_for_link();
        self.engine.send(Request::Picture);
    }

    pub(super) fn ask_for_link(&self) {
        self.engine.send(Request::Share {
            lesson: dom::parameter("lesson"),
            files: self.working_tree(),
            aside: match self.other {
                Some(_) => (*self.put_aside.draft).clone(),
                None => Edits::default(),
            },
        });
    }

    /// What was asked for is done: what lay behind this moment is another future now. Edits stand on
    /// the files that main has at this moment.
    pub(super) fn change(&mut self, mut state: State) {
        (self.history, self.other) = histories(&mut state);
        let mut edits = match self.asked {
            Some(Asked::Switch) => {
                let here = self.aside();
                let there = std::mem::replace(&mut self.put_aside, here);
                self.terminal = there.terminal;
                (*there.draft).clone()
            }
            _ => Edits {
                changed: self.working_tree(),
                removed: self.draft.removed.clone(),
            },
        };
        edits.settle(&state.files);
        self.main = Rc::new(state.files);
        self.draft = Rc::new(edits);
        self.undo = None;
        // What was done is kept with the edits, and only the engine knows it.
        self.leaving += 1;
        self.ask_for_link();
        self.look_again();
        self.refused = Rc::new([]);
        self.at = state.scene.now;
        // Between two futures, what was seen of the time line stays seen.
        if !matches!(self.asked, Some(Asked::Fork | Asked::Switch | Asked::Join)) {
            self.look = None;
            self.seen = self.at;
        }
        self.scene = Shared::new(state.scene);
        self.told = None;
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
            Some(Asked::Fork) => {
                self.playing = false;
                self.put_aside = self.aside();
            }
            Some(Asked::Adopt | Asked::Switch | Asked::Join) | None => {}
        }
    }

    /// What belongs to the future that is worked in.
    fn aside(&self) -> PutAside {
        PutAside {
            draft: Rc::clone(&self.draft),
            terminal: Rc::clone(&self.terminal),
        }
    }

    /// A step began, or begins again: its change lies in the editor.
    pub(super) fn learn(&mut self, intent: LessonIntent) {
        self.playing = false;
        if let (LessonIntent::Next | LessonIntent::Retry, Some(lesson)) = (intent, &self.lesson) {
            let mut draft = change_of(lesson);
            draft.settle(&self.main);
            self.draft = Rc::new(draft);
            self.show_prepared(&Rc::clone(&self.draft).changed);
            self.title = None;
            self.panel = Panel::Lesson;
            self.look_again();
        }
    }

    /// Another engine took the place of one that stopped at `culprit`. What the page shows is what that
    /// engine has; only the culprit is not done.
    pub(super) fn restarted(&mut self, culprit: Option<Request>) {
        self.playing = false;
        self.at = self.scene.now;
        self.jumps += 1;
        self.notice = Some(texts::ENGINE_RESTARTED.into());
        match culprit {
            None
            | Some(
                Request::Check { .. } | Request::Inspect(_) | Request::Seek(_) | Request::Picture,
            ) => {}
            Some(Request::Render { .. }) => self.render_failed(),
            Some(Request::Complete(_)) => self.answered(&Reply::Completions(Vec::new())),
            Some(Request::Explain(_)) => self.answered(&Reply::Explained(None)),
            Some(Request::Share { .. }) if 0 < self.leaving => self.leave(None),
            Some(Request::Share { .. }) => self.link = None,
            Some(_) => {
                self.asked = None;
                self.notice = Some(texts::ENGINE_RESTARTED_AT_THIS.into());
            }
        }
    }

    pub(super) fn take(&mut self, reply: Reply) {
        match reply {
            Reply::Opened { state, .. } => {
                dom::performance_mark("lab:engine");
                // The page began with a recording of this, which may be older than the engine. What was
                // asked for since is answered later.
                if state.events[..] != self.history.events[..] {
                    let asked = self.asked.take();
                    self.change(state);
                    self.asked = asked;
                }
            }
            Reply::Changed(state) => self.change(state),
            Reply::Checked { path, problems } if *path == *self.file => {
                self.problems = problems.into();
            }
            Reply::Checked { .. } => {}
            Reply::Adopted(adopted) => {
                self.asked = None;
                self.adopt(adopted);
            }
            Reply::Rendered(manifest) => self.rendered(manifest),
            reply @ (Reply::Completions(_) | Reply::Explained(_)) => self.answered(&reply),
            Reply::Refused(problems) => {
                let asked = self.asked.take();
                self.refused_on_stage = matches!(asked, Some(Asked::OnStage(_)));
                // A lesson asks for a pull request too; why there is none stands beside the files.
                if matches!(asked, Some(Asked::Open | Asked::Adopt)) {
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
                let (playing, seen) = (self.playing, self.seen);
                match state {
                    Some(state) => self.change(state),
                    None => self.asked = None,
                }
                // Why it failed is read first, and what is refused leaves what comes after as it was.
                if exit != 0 {
                    (self.playing, self.seen) = (playing, seen);
                }
            }
            Reply::Object(panel) => {
                let is_wanted = |wanted: &Rc<ObjectPanel>| wanted.object == panel.object;
                if self.object.as_ref().is_some_and(is_wanted) {
                    self.object = Some(Rc::new(panel));
                }
            }
            Reply::Link(json) if 0 < self.leaving => self.leave(Some(&json)),
            Reply::Link(json) => {
                if self.link.is_some() {
                    self.link = Some(json.as_str().into());
                }
            }
            Reply::Picture(svg) => self.picture = svg.as_str().into(),
            Reply::Scene(scene, other) => {
                self.scene = Shared::new(scene);
                if let (Some(known), Some(scene)) = (&self.other, other) {
                    self.other = Some(Rc::new(OtherFuture {
                        scene: Shared::new(*scene),
                        ..(**known).clone()
                    }));
                }
                self.inspect();
            }
        }
    }
}
