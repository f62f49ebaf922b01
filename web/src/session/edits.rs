//! The files as the editor shows them, and the edits that outlive a reload.

use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::Function;
use view::protocol::{Files, Place, Reply, Request};
use view::{Adopted, Edits, LessonRow, Manifest, StepStatus};
use wasm_bindgen::JsValue;

use super::{Panel, Session};
use crate::{code, dom, storage, texts, words};

/// A question of the editor about a place in the open file.
#[derive(Clone, Debug)]
pub struct Question {
    /// Whether it is what stands there that is asked for, not what could.
    pub is_hover: bool,
    /// The text.
    pub text: String,
    /// How many of JavaScript's characters come before the place.
    pub offset: u32,
    /// Who gets the answer.
    pub answer: Function,
}

/// A line to which the editor goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GoTo {
    /// The line, from 1.
    pub line: u32,
    /// Whether somebody asked for it, so that the focus goes there, too.
    pub is_sought: bool,
    /// Which time the editor is asked to go somewhere: one can go twice to the same line.
    times: u32,
}

/// What the chart around the open file renders.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// Whether it is shown.
    pub is_shown: bool,
    /// The newest answer.
    pub manifest: Option<Rc<Manifest>>,
    /// Whether the engine was asked and has not answered yet, and whether something changed since.
    is_asked: bool,
    is_stale: bool,
}

/// The editor's questions that the engine has not answered yet, in order.
pub(super) type Questions = VecDeque<Function>;

impl Session {
    /// The text of a file as the editor shows it; empty if it is deleted.
    pub fn text(&self, path: &str) -> &str {
        let main = self.main.get(path);
        let main = main.filter(|_| !self.draft.removed.contains(path));
        let text = self.draft.changed.get(path).or(main);
        text.map_or("", String::as_str)
    }

    /// The title that the next pull request gets.
    pub fn next_title(&self) -> String {
        if let Some(title) = self.title.as_ref().filter(|title| !title.trim().is_empty()) {
            return title.clone();
        }
        let is_it = |sample: &&view::protocol::Sample| {
            self.draft.removed.is_empty() && self.draft.changed == sample.files
        };
        if let Some(sample) = self.samples.iter().find(is_it) {
            return sample.title.to_string();
        }
        let paths = self.draft.changed.keys().chain(&self.draft.removed);
        let names: Vec<&str> = paths.map(|path| words::last_part(path)).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => texts::change_one(one),
            [one, two] => texts::change_two(one, two),
            many => texts::change_many(many.len()),
        }
    }

    /// Asks for the mistakes in the open file, and for what comes of it if that is shown.
    pub(super) fn look_again(&mut self) {
        self.check();
        self.render();
    }

    /// Asks for the mistakes in the open file.
    pub fn check(&self) {
        self.engine.send(Request::Check {
            path: self.file.to_string(),
            edits: (*self.draft).clone(),
        });
    }

    /// Asks for what the chart around the open file renders, one answer at a time.
    pub(super) fn render(&mut self) {
        if !self.rendered.is_shown {
            return;
        }
        self.rendered.is_stale = self.rendered.is_asked;
        if !self.rendered.is_asked {
            self.rendered.is_asked = true;
            self.engine.send(Request::Render {
                path: self.file.to_string(),
                edits: (*self.draft).clone(),
            });
        }
    }

    /// What the chart renders is known.
    pub(super) fn rendered(&mut self, manifest: Option<Manifest>) {
        let before = self.rendered.manifest.take();
        // While a mistake is being typed, what was rendered before it stays to be read.
        self.rendered.manifest = manifest.map(|mut manifest| {
            if let (true, Some(before)) = (manifest.lines.is_empty(), &before) {
                manifest.lines.clone_from(&before.lines);
            }
            Rc::new(manifest)
        });
        self.rendered.is_asked = false;
        if self.rendered.is_stale {
            self.render();
        }
    }

    /// Asks a question of the editor.
    pub(super) fn question(&mut self, question: Question) {
        let place = Place {
            path: self.file.to_string(),
            text: question.text,
            offset: question.offset,
            values: self.values_beside(&self.file).to_owned(),
        };
        self.questions.push_back(question.answer);
        self.engine.send(match question.is_hover {
            true => Request::Explain(place),
            false => Request::Complete(place),
        });
    }

    /// The engine has answered the first question that waits.
    pub(super) fn answered(&mut self, reply: &Reply) {
        let answer = match reply {
            Reply::Completions(rows) => code::completions(rows),
            Reply::Explained(row) => code::explanation(row.as_ref()),
            _ => return,
        };
        if let Some(asker) = self.questions.pop_front() {
            let _ = asker.call1(&JsValue::NULL, &answer);
        }
    }

    /// What was asked for last is not rendered; the next time it is asked for anew.
    pub(super) fn render_failed(&mut self) {
        self.rendered.is_asked = false;
    }

    /// The values of the chart that a file is a template of.
    fn values_beside(&self, path: &str) -> &str {
        let chart = path.split_once("/templates/").map(|(chart, _)| chart);
        chart.map_or("", |chart| self.text(&format!("{chart}/values.yaml")))
    }

    /// Keeps the edits before anything else is done with them.
    pub(super) fn write(&mut self, path: &str, text: Option<String>) {
        let draft = Rc::make_mut(&mut self.draft);
        draft.removed.remove(path);
        match text {
            Some(text) if self.main.get(path) != Some(&text) => {
                draft.changed.insert(path.to_owned(), text);
            }
            _ => {
                draft.changed.remove(path);
            }
        }
        self.keep();
        self.refused = Rc::new([]);
    }

    /// Does something to files that can be taken back.
    pub(super) fn edit_files(&mut self, edit: impl FnOnce(&mut Self)) {
        let before = (Rc::clone(&self.draft), Rc::clone(&self.file));
        edit(self);
        self.undo = Some(before);
        self.keep();
        self.look_again();
    }

    /// Somebody's own chart lies in the editor, as a repository to be proposed.
    pub(super) fn adopt(&mut self, adopted: Adopted) {
        self.edit_files(|it| {
            Rc::make_mut(&mut it.draft).changed.extend(adopted.files);
            it.rendered.is_shown = true;
            it.open(adopted.open.as_str().into());
        });
        self.title = Some(adopted.title.to_string());
        self.notes = adopted.notes.into();
        self.refused = Rc::new([]);
    }

    /// Takes the last such thing back.
    pub(super) fn take_back(&mut self) {
        if let Some((draft, file)) = self.undo.take() {
            self.draft = draft;
            self.open(file);
            self.keep();
        }
    }

    /// Deletes a file, and shows the next one that is open, or else one of its repository.
    pub(super) fn delete(&mut self, path: &str) {
        self.remove(path);
        if 1 < self.tabs.len() {
            return self.close_file(path);
        }
        let files = self.working_tree();
        let near = files.range(path.to_owned()..).next();
        if let Some((path, _)) = near.or(files.iter().next_back()) {
            self.open(path.as_str().into());
        }
    }

    fn remove(&mut self, path: &str) {
        let draft = Rc::make_mut(&mut self.draft);
        draft.changed.remove(path);
        if self.main.contains_key(path) {
            draft.removed.insert(path.to_owned());
        }
    }

    /// Gives a file another path; its tab stays where it is.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let text = self.text(from).to_owned();
        self.remove(from);
        let renamed = |it: &Rc<str>| {
            if **it == *from {
                to.into()
            } else {
                Rc::clone(it)
            }
        };
        self.tabs = self.tabs.iter().map(renamed).collect();
        self.write(to, Some(text));
        self.open(to.into());
    }

    /// Keeps how the files differ from main where a reload goes on: as long as it is not kept what was
    /// done since, a merged edit is still the learner's.
    pub(super) fn keep(&self) {
        let files = self.working_tree();
        let gone = self.original.keys();
        let removed = gone.filter(|path| !files.contains_key(*path)).cloned();
        let mut edits = Edits {
            removed: removed.collect(),
            changed: files,
        };
        edits.settle(&self.original);
        storage::keep_edits(&edits);
    }

    /// Keeps what was done, as a link carries it, with the edits; none if the engine could not say it.
    /// What is asked for already is newer.
    pub(super) fn leave(&mut self, link: Option<&str>) {
        self.leaving = self.leaving.saturating_sub(1);
        if let Some(link) = link.filter(|_| self.leaving == 0) {
            // A link without acts is to the lab as it was: that opens sooner.
            let story = Some(link).filter(|link| link.contains("\"acts\":"));
            self.has_story = story.is_some();
            self.has_started_over &= story.is_none();
            if storage::keep_story(story) {
                self.original = Rc::clone(&self.main);
            }
            self.keep();
        }
    }

    pub(super) fn open(&mut self, path: Rc<str>) {
        self.file = path;
        self.line = None;
        self.caret = 0;
        self.panel = Panel::Files;
        self.problems = Rc::new([]);
        self.look_again();
    }

    /// Where the rendered manifest has the editor's place, whoever goes to a file leaves it.
    pub(super) fn leave_manifest(&mut self) {
        if dom::media(dom::NARROW) {
            self.rendered.is_shown = false;
        }
    }

    /// Opens a file at a line, from 1, for who wants to write there.
    pub(super) fn open_at(&mut self, path: Rc<str>, line: u32) {
        let to = self.line_to(line, true);
        self.open(path);
        self.line = Some(to);
    }

    fn line_to(&self, line: u32, is_sought: bool) -> GoTo {
        GoTo {
            line,
            is_sought,
            times: self.line.map_or(0, |before| before.times) + 1,
        }
    }

    /// Shows a file where it begins to differ from main. The focus stays: what was prepared is there to be
    /// read and delivered, and an editor in which somebody did not mean to be keeps the Tab key.
    pub(super) fn show_change(&mut self, path: Rc<str>) {
        let old = self.main.get(&*path).map_or("", String::as_str);
        let new = self.draft.changed.get(&*path).map_or(old, String::as_str);
        let is_same = |(old, new): &(&str, &str)| old == new;
        let same = old.lines().zip(new.lines()).take_while(is_same).count();
        self.line = Some(self.line_to(same as u32 + 1, false));
        self.file = path;
    }

    /// Shows one of the files that were changed for the viewer: the one that is open, or else the last.
    pub(super) fn show_prepared(&mut self, files: &Files) {
        let path = match files.contains_key(&*self.file) {
            true => Some(Rc::clone(&self.file)),
            false => files.keys().next_back().map(|path| path.as_str().into()),
        };
        if let Some(path) = path {
            self.show_change(path);
        }
    }

    /// Goes to the nearest place in a file that made a line of the rendered manifests.
    pub(super) fn go_to_source(&mut self, at: usize) {
        let Some(manifest) = self.rendered.manifest.clone() else {
            return;
        };
        let sources = manifest.lines.get(at).map(|line| &line.sources);
        let mut places = sources
            .into_iter()
            .flatten()
            .filter_map(|it| words::place(it));
        if let Some((path, line)) = places.next() {
            self.open_at(words::full_path(&manifest.repository, path).into(), line);
        }
    }

    /// All files as the editor shows them.
    pub(super) fn working_tree(&self) -> Files {
        self.draft.apply(&self.main)
    }
}

/// The change that the step to be done brings along.
pub(super) fn change_of(lesson: &LessonRow) -> Edits {
    let mut steps = lesson.steps.iter();
    let step = steps.find(|step| step.status == StepStatus::Active);
    Edits {
        changed: step.map(|step| step.change.clone()).unwrap_or_default(),
        ..Edits::default()
    }
}
