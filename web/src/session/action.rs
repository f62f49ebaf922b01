//! Everything that can happen to a session, and what it does.

use std::rc::Rc;

use view::protocol::{LessonIntent, Reply, Request};
use view::{Dropped, Intent, Millis, ObjectPanel, ObjectRef, StationKind};

use super::reply::Asked;
use super::{Panel, Question, Session, Stride};
use crate::storage;

/// What a viewer can do, and what the player does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Shows a panel.
    Show(Panel),
    /// Opens a file in the editor.
    Open(Rc<str>),
    /// Opens a file at a line, from 1.
    OpenAt(Rc<str>, u32),
    /// Closes the tab of a file.
    CloseFile(Rc<str>),
    /// Shows the file of a tab further on, or further back.
    TurnToFile(isize),
    /// Types: the whole new text of the open file.
    Edit(String),
    /// Adds an empty file.
    Create(String),
    /// Gives the open file another path.
    Rename(String),
    /// Deletes the open file.
    Delete,
    /// Takes the last reset, deletion or renaming back.
    Undo,
    /// Somebody's own chart was dropped or chosen.
    Adopt(Rc<Dropped>),
    /// What was assumed about it was read.
    ForgetNotes,
    /// The caret came to a line.
    Caret(u32),
    /// The editor asks about a place.
    Ask(Question),
    /// Shows what the chart renders, or does so no longer.
    ShowManifest(bool),
    /// Looks at a line of that.
    ChooseLine(usize),
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
    /// The viewer goes to the moment of an entry, to be told that one.
    Tell(u32),
    /// The viewer steps.
    Step(Stride),
    /// The viewer looks at a station; again, or none: back to the live one.
    Look(Option<StationKind>),
    /// Asks for a link to this moment.
    Share,
    /// The link is not wanted any more.
    EndShare,
    /// Begins a second future at this moment, and works in it.
    Fork,
    /// Works in the other future.
    Switch,
    /// Gives the other future up.
    Join,
    /// The engine has done what it was asked for.
    Reply(Box<Reply>),
    /// It stopped, at this if it was at something, and another one is where it was before.
    Restarted(Option<Box<Request>>),
    /// What was said above everything was read.
    CloseNotice,
}

impl Session {
    pub(super) fn apply(&mut self, action: Action) {
        match action {
            Action::Show(panel) => {
                self.panel = panel;
                self.inspect();
            }
            Action::Open(path) => {
                self.leave_manifest();
                self.open(path);
            }
            Action::OpenAt(path, line) => {
                self.leave_manifest();
                self.open_at(path, line);
            }
            Action::CloseFile(path) => self.close_file(&path),
            Action::TurnToFile(by) => self.turn_to_file(by),
            Action::Edit(text) => {
                let path = Rc::clone(&self.file);
                self.write(&path, Some(text));
                self.undo = None;
                self.look_again();
            }
            Action::Create(path) => {
                self.edit_files(|it| {
                    it.write(&path, Some(String::new()));
                    it.open(path.as_str().into());
                });
            }
            Action::Rename(to) => {
                let from = Rc::clone(&self.file);
                self.edit_files(|it| it.rename(&from, &to));
            }
            Action::Delete => {
                let path = Rc::clone(&self.file);
                self.edit_files(|it| it.delete(&path));
            }
            Action::Reset(path) => self.edit_files(|it| it.write(&path, None)),
            Action::ResetAll => {
                self.title = None;
                self.edit_files(|it| {
                    it.draft = Rc::default();
                    if !it.main.contains_key(&*it.file)
                        && let Some(path) = it.main.keys().next()
                    {
                        it.file = path.as_str().into();
                    }
                });
            }
            Action::Undo => self.take_back(),
            Action::Adopt(dropped) => {
                self.ask(Asked::Adopt, Request::Adopt((*dropped).clone()));
            }
            Action::ForgetNotes => self.notes = Rc::new([]),
            Action::Caret(line) => self.caret = line,
            Action::Ask(question) => self.question(question),
            Action::ShowManifest(is_shown) => {
                self.rendered.is_shown = is_shown;
                self.render();
            }
            Action::ChooseLine(at) => {
                self.chosen = Some(at);
                self.go_to_source(at);
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
                self.samples_tried += 1;
                self.show_prepared(&sample.files);
                self.look_again();
            }
            Action::Title(title) => self.title = Some(title),
            Action::OpenPullRequest => {
                let (title, files) = (self.next_title(), self.working_tree());
                self.ask(Asked::Open, Request::OpenPullRequest { title, files });
            }
            Action::ClosePullRequest => self.ask(Asked::Close, Request::ClosePullRequest),
            Action::Intend(intent) => {
                self.ask(Asked::of(&intent), Request::Intend(intent));
            }
            Action::Command(line) => self.ask(Asked::Command, Request::Command(line)),
            Action::Learn(intent) => self.ask_lesson(intent),
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
            Action::Tell(entry) => {
                let event = self.history.events.get(entry as usize);
                if let Some(t) = event.map(|event| event.t) {
                    self.playing = false;
                    self.jump(t);
                    self.told = Some(entry);
                }
            }
            Action::Step(stride) => self.step(stride),
            Action::Look(station) => self.look = station.filter(|_| self.look != station),
            Action::Share => self.share(),
            Action::EndShare => self.link = None,
            Action::Fork => self.ask(Asked::Fork, Request::Fork),
            Action::Switch => self.ask(Asked::Switch, Request::Switch),
            Action::Join => self.ask(Asked::Join, Request::Join),
            Action::Reply(reply) => self.take(*reply),
            Action::Restarted(culprit) => self.restarted(culprit.map(|it| *it)),
            Action::CloseNotice => {
                self.notice = None;
                self.has_started_over = false;
                storage::settle_start();
            }
        }
    }
}
