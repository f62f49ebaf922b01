//! The open files, one a tab.

use std::rc::Rc;

use super::Session;
use crate::{dom, storage};

impl Session {
    /// Keeps the tabs true after something was done: the open file has one, and those of files that
    /// are gone are closed. What is open outlives a reload, as the edits do.
    pub(super) fn settle_tabs(&mut self, before: &Session) {
        let is_same = Rc::ptr_eq(&self.file, &before.file)
            && Rc::ptr_eq(&self.main, &before.main)
            && Rc::ptr_eq(&self.draft, &before.draft)
            && Rc::ptr_eq(&self.tabs, &before.tabs);
        if is_same {
            return;
        }
        let mut tabs = self.tabs.to_vec();
        tabs.retain(|path| *path == self.file || self.has(path));
        if !tabs.contains(&self.file) {
            tabs.push(Rc::clone(&self.file));
        }
        if tabs[..] != before.tabs[..] || self.file != before.file {
            self.tabs = tabs.into();
            self.keep_tabs();
        }
    }

    /// Opens the files that were open when the page was left.
    pub(super) fn reopen(&mut self) {
        if dom::is_embed() {
            return;
        }
        let mut kept: Vec<Rc<str>> = storage::open_files().into_iter().map(Rc::from).collect();
        kept.retain(|path| self.has(path));
        // The first one is the one that was shown; it stands among the others too.
        if let [shown, tabs @ ..] = &kept[..]
            && tabs.contains(shown)
        {
            self.file = Rc::clone(shown);
            self.tabs = tabs.into();
        }
    }

    fn keep_tabs(&self) {
        if !dom::is_embed() && self.lesson.is_none() {
            let paths = std::iter::once(&self.file).chain(self.tabs.iter());
            storage::keep_open_files(paths.map(|path| &**path));
        }
    }

    /// Whether there is a file of this path and it is not deleted.
    fn has(&self, path: &str) -> bool {
        let is_on_main = self.main.contains_key(path) && !self.draft.removed.contains(path);
        is_on_main || self.draft.changed.contains_key(path)
    }

    /// Closes a tab. The one after it, or else the one before it, is shown if it was; the last one stays.
    pub(super) fn close_file(&mut self, path: &str) {
        let Some(at) = self.tabs.iter().position(|it| **it == *path) else {
            return;
        };
        let mut tabs = self.tabs.to_vec();
        tabs.remove(at);
        let Some(next) = tabs.get(at).or(tabs.last()).cloned() else {
            return;
        };
        self.tabs = tabs.into();
        if *self.file == *path {
            self.open(next);
        }
    }

    /// Shows the file so many tabs further on, in a circle.
    pub(super) fn turn_to_file(&mut self, by: isize) {
        let at = self.tabs.iter().position(|it| *it == self.file);
        let (Some(at), Ok(count)) = (at, isize::try_from(self.tabs.len())) else {
            return;
        };
        let to = (at as isize + by).rem_euclid(count);
        if let Some(path) = self.tabs.get(to as usize).cloned() {
            self.open(path);
        }
    }
}
