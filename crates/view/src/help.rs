//! What helps whoever writes: what could stand at a place, what it means, and what comes of it.

use crate::Problem;
use crate::protocol::Files;
use ecow::EcoString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How an editor's files differ from main.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edits {
    /// The files that are new or other than on main, whole, by path with their repository.
    pub changed: Files,
    /// The files on main that are deleted.
    pub removed: BTreeSet<String>,
}

/// Something that could stand at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What is written.
    pub label: EcoString,
    /// Its type, or its value: short.
    pub detail: EcoString,
    /// What it means; possibly empty.
    pub text: EcoString,
    /// What follows it when it is chosen: `: ` after the key of a scalar.
    pub tail: EcoString,
}

/// What stands at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Its name.
    pub name: EcoString,
    /// Its type, as `kubectl explain` writes it; of a value of a chart, the value.
    pub type_name: EcoString,
    /// What it means.
    pub text: EcoString,
    /// What else there is to say: the values that it can have, or where it is given.
    pub more: EcoString,
}

/// What a chart renders from the files as they are edited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The repository, as places in its files leave it out.
    pub repository: EcoString,
    /// The chart's folder in it, possibly empty.
    pub chart: EcoString,
    /// The release.
    pub release: EcoString,
    /// Who delivers it so.
    pub by: DeliveredBy,
    /// The manifests as `helm template` prints them; empty if the chart does not render.
    pub lines: Vec<ManifestLine>,
    /// Why it does not.
    pub problems: Vec<Problem>,
}

/// Who brings a chart to the cluster, and with which values that is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveredBy {
    /// Nobody: it is rendered with its own values alone.
    #[default]
    Nobody,
    /// A workflow, with `helm upgrade`.
    Workflow,
    /// The Argo CD Application of this name.
    Application(EcoString),
    /// The Flux HelmRelease of this name.
    HelmRelease(EcoString),
}

/// A line of rendered manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestLine {
    /// The line.
    pub text: EcoString,
    /// What made it, the nearest first: who gave the values in it (`chart/values.yaml:12`,
    /// `--set image.tag=1.4.2`), then the template lines, the innermost first, then who gave the values
    /// that decided that it is there.
    pub sources: Vec<EcoString>,
}

/// What somebody dropped onto the page: a chart's folder, or a packed chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The name of the folder or of the file.
    pub name: String,
    /// Its files by their paths; of a packed chart itself alone.
    pub files: Vec<(String, Vec<u8>)>,
}

/// A repository made of that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// The title of the pull request that adds it.
    pub title: EcoString,
    /// Its files, by their paths with the repository.
    pub files: Files,
    /// The file to look at first.
    pub open: String,
    /// What was assumed, in sentences.
    pub notes: Vec<EcoString>,
}

impl Edits {
    /// Whether nothing is edited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }

    /// How many files are edited.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changed.len() + self.removed.len()
    }

    /// Main's files, edited.
    #[must_use]
    pub fn apply(&self, main: &Files) -> Files {
        let mut files = main.clone();
        files.retain(|path, _| !self.removed.contains(path));
        files.extend(self.changed.clone());
        files
    }

    /// Forgets the edits that make no difference to main.
    pub fn settle(&mut self, main: &Files) {
        self.changed
            .retain(|path, text| main.get(path) != Some(text));
        self.removed.retain(|path| main.contains_key(path));
    }
}
