//! What a pull request is made of: the files of one repository that differ from main.

use super::Lab;
use crate::delivery::git::Tree;
use crate::delivery::labs::Files;
use crate::pipeline::Change;
use crate::texts;
use crate::view::Problem;
use ecow::EcoString;

/// Files that differ: the new text; none for a file that is gone.
pub type Differences = Vec<(EcoString, Option<EcoString>)>;

impl Lab {
    /// The repository that a draft changes, and how; `differences` are those from main.
    pub(super) fn change(
        &self,
        title: &str,
        draft: &Files,
        differences: &Differences,
    ) -> Result<(EcoString, Change), Problem> {
        let names = differences.iter().map(|(path, _)| repository_of(path));
        let mut names: Vec<&str> = names.collect();
        lean::sort(&mut names);
        names.dedup();
        let name = match names.as_slice() {
            [] => {
                return Err(Problem::whole("", texts::lab::NOTHING_TO_PROPOSE));
            }
            [name] => *name,
            [first, second, ..] => {
                let why = texts::lab::one_repository(first, second);
                return Err(Problem::whole(*second, why));
            }
        };
        let own = |(path, text): (&String, &String)| {
            let (repository, path) = path.split_once('/')?;
            (repository == name).then(|| (path.into(), text.into()))
        };
        let files: Tree = lean::map(draft.iter().filter_map(own));
        let sample = self.samples().iter().find(|sample| {
            sample
                .files
                .iter()
                .all(|(path, text)| draft.get(path) == Some(text))
        });
        let title = match title.trim() {
            "" => texts::lab::UPDATE_THE_SERVICE,
            title => title,
        };
        let change = Change {
            title: title.into(),
            branch: sample.map_or_else(|| branch_name(title), |sample| sample.branch.clone()),
            description: sample
                .map(|sample| sample.description.clone())
                .unwrap_or_default(),
            files,
        };
        Ok((name.into(), change))
    }
}

/// What is in `files` otherwise than in `base`: the new text; none for a file that is gone.
#[must_use]
pub fn differences(files: &Files, base: &Files) -> Differences {
    let gone = base.keys().filter(|path| !files.contains_key(*path));
    let gone = gone.map(|path| (path.into(), None));
    let other = files
        .iter()
        .filter(|(path, text)| base.get(*path) != Some(*text));
    let other = other.map(|(path, text)| (path.into(), Some(text.into())));
    other.chain(gone).collect()
}

/// Lays differences over files.
pub fn lay(files: &mut Files, differences: &Differences) {
    for (path, text) in differences {
        match text {
            Some(text) => files.insert(path.to_string(), text.to_string()),
            None => files.remove(path.as_str()),
        };
    }
}

fn repository_of(path: &str) -> &str {
    path.split_once('/').map_or(path, |(name, _)| name)
}

/// A branch name made of a title, as people make them.
fn branch_name(title: &str) -> EcoString {
    let words = title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let name = words
        .take(5)
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join("-");
    if name.is_empty() {
        "change".into()
    } else {
        name.into()
    }
}
