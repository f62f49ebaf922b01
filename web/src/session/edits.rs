//! The files as the editor shows them, and the edits that outlive a reload.

use std::rc::Rc;

use view::protocol::{Files, Request};
use view::{LessonRow, StepStatus};

use super::{Panel, Session};
use crate::{storage, texts, words};

impl Session {
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
            [one] => texts::change_one(one),
            [one, two] => texts::change_two(one, two),
            many => texts::change_many(many.len()),
        }
    }

    /// Asks for the mistakes in the open file.
    pub fn check(&self) {
        self.engine.send(&Request::Check {
            path: self.file.to_string(),
            text: self.text(&self.file).to_owned(),
        });
    }

    /// Keeps the edits before anything else is done with them.
    pub(super) fn write(&mut self, path: &str, text: Option<String>) {
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
    pub(super) fn keep(&self) {
        // A lesson is judged by what was done in it: that is kept too, and only the engine knows it.
        if self.lesson.is_some() {
            return self.ask_for_link();
        }
        let mut edits = self.working_tree();
        edits.retain(|path, text| self.original.get(path) != Some(text));
        storage::keep_edits(&edits);
    }

    pub(super) fn open(&mut self, path: Rc<str>) {
        self.file = path;
        self.line = None;
        self.panel = Panel::Files;
        self.problems = Rc::new([]);
        self.check();
    }

    /// All files as the editor shows them.
    pub(super) fn working_tree(&self) -> Files {
        let mut files = (*self.main).clone();
        files.extend((*self.draft).clone());
        files
    }
}

/// The change that the step to be done brings along.
pub(super) fn change_of(lesson: &LessonRow) -> Files {
    let mut steps = lesson.steps.iter();
    let step = steps.find(|step| step.status == StepStatus::Active);
    step.map(|step| step.change.clone()).unwrap_or_default()
}
