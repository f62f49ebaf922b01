//! Help for whoever edits: mistakes, what a chart renders, what could stand at a place, charts of one's own.

use super::Lab;
use crate::delivery::help::{self, Library};
use crate::delivery::{adopt, check};
use crate::pipeline::manifest::{self, Edited};
use crate::view::protocol::Place;
use crate::view::{Adopted, Completion, Dropped, Edits, Explanation, Manifest, Problem};
use ecow::EcoString;

impl Lab {
    /// Mistakes in one file, as it is typed.
    #[must_use]
    pub fn check(&self, path: &str, text: &str) -> Vec<Problem> {
        check::check(path, text, self.fields)
    }

    /// Mistakes in an edited file, or else what Helm and the API server would say of what comes of it
    /// with all edits.
    #[must_use]
    pub fn check_edited(&self, path: &str, edits: &Edits) -> Vec<Problem> {
        let (name, inside) = path.split_once('/').unwrap_or(("", path));
        let files = manifest::edited(self.world(), name, edits);
        let text = files.get(inside).map_or("", EcoString::as_str);
        let own = self.check(path, text);
        match own.is_empty() {
            // What cannot be read cannot be rendered either; it is said once.
            false => own,
            true => Edited::new(self.world(), edits, self.fields).problems(path),
        }
    }

    /// What the chart around a file renders with these edits, line by line; none if there is none.
    #[must_use]
    pub fn render(&self, path: &str, edits: &Edits) -> Option<Manifest> {
        Edited::new(self.world(), edits, self.fields).render(path)
    }

    /// Makes a repository of somebody's own chart: files to be proposed, for the lab has none of it yet.
    ///
    /// # Errors
    /// What is no chart, in Helm's words.
    pub fn adopt(&self, dropped: Dropped) -> Result<Adopted, Vec<Problem>> {
        let repositories = self.world().delivery.repositories.iter();
        let taken: Vec<EcoString> = repositories.map(|(name, _)| name.clone()).collect();
        adopt::adopt(dropped, &taken)
    }

    /// What could stand at a place in a file. Nothing before the table of fields is known.
    #[must_use]
    pub fn complete(&self, place: &Place) -> Vec<Completion> {
        let library = self.library();
        library.map_or_else(Vec::new, |library| help::complete(library, place))
    }

    /// What stands at a place in a file, if that is known.
    #[must_use]
    pub fn explain(&self, place: &Place) -> Option<Explanation> {
        help::explain_at(self.library()?, place)
    }

    fn library(&self) -> Option<Library<'_>> {
        Some(Library {
            table: self.fields?,
            descriptions: &self.descriptions,
        })
    }
}
