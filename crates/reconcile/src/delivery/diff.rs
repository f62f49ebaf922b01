//! What differs between files, line by line and value by value.

use crate::delivery::git::Tree;
use crate::delivery::plan;
use crate::view::{DiffLine, FileDiff, PathChange};
use yaml::Value;

/// The files that differ between two commits' trees, in path order.
#[must_use]
pub fn trees(old: &Tree, new: &Tree) -> Vec<FileDiff> {
    let paths = lean::set(old.keys().chain(new.keys()));
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .map(|path| {
            let side = |tree: &Tree| tree.get(path).cloned().unwrap_or_default();
            file(path, &side(old), &side(new))
        })
        .collect()
}

/// How one file changed. An absent file is an empty text.
#[must_use]
pub fn file(path: &str, old: &str, new: &str) -> FileDiff {
    let hunks = unified::hunks(old, new);
    let count = |is_it: fn(&&DiffLine) -> bool| {
        let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
        lines.filter(is_it).count()
    };
    FileDiff {
        path: path.into(),
        added: count(|line| line.old.is_none() && line.new.is_some()),
        removed: count(|line| line.old.is_some() && line.new.is_none()),
        values: values(path, old, new),
        hunks,
    }
}

/// The values that differ between two texts of a YAML file; none if either is no YAML, or no file. Of
/// several documents, each is an item.
fn values(path: &str, old: &str, new: &str) -> Vec<PathChange> {
    let is_yaml = [".yaml", ".yml", ".json"]
        .iter()
        .any(|end| path.ends_with(end));
    // Workflows are read by other rules: to them `on` is a word.
    let is_meant = is_yaml && !path.starts_with(".github/");
    if !is_meant || old.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let read = |text| -> Option<Value> {
        let mut documents = yaml::decode_all(text).ok()?;
        Some(match documents.len() {
            1 => documents.remove(0),
            _ => documents.into(),
        })
    };
    match (read(old), read(new)) {
        (Some(old), Some(new)) => plan::changes(&old, &new),
        _ => Vec::new(),
    }
}
