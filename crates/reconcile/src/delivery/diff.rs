//! Line diffs as `git diff` shows them: hunks with three lines around each change.

use crate::delivery::git::Tree;
use crate::delivery::plan;
use crate::view::{DiffLine, FileDiff, Hunk, PathChange};
use ecow::{EcoString, eco_format};
use imara_diff::{Algorithm, Diff, InternedInput};
use std::ops::Range;
use yaml::Value;

/// Lines shown before and after a change (`diff.context` in git-config's manual).
const CONTEXT: u32 = 3;

/// The note that stands for a missing line end at the end of a file; such a line has no number on
/// either side.
const NO_LINE_END: &str = "\\ No newline at end of file";

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

/// The hunks of a file's diff as `git diff` prints them.
#[must_use]
pub fn hunks(diff: &FileDiff) -> String {
    let mut out = String::new();
    for hunk in &diff.hunks {
        out += &format!("{}\n", hunk.header);
        for line in &hunk.lines {
            let sign = match (line.old, line.new) {
                (Some(_), Some(_)) => " ",
                (Some(_), None) => "-",
                (None, Some(_)) => "+",
                (None, None) => "",
            };
            out += &format!("{sign}{}\n", line.text);
        }
    }
    out
}

/// How one file changed. An absent file is an empty text.
#[must_use]
pub fn file(path: &str, old: &str, new: &str) -> FileDiff {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    diff.postprocess_lines(&input);

    let lines = Lines {
        old: old.split_inclusive('\n').collect(),
        new: new.split_inclusive('\n').collect(),
    };
    let mut groups: Vec<Vec<imara_diff::Hunk>> = Vec::new();
    for change in diff.hunks() {
        match groups.last_mut() {
            // Changes whose surroundings touch stand in one hunk.
            Some(group)
                if group.last().is_some_and(|previous| {
                    change.before.start <= previous.before.end + 2 * CONTEXT
                }) =>
            {
                group.push(change);
            }
            _ => groups.push(vec![change]),
        }
    }
    FileDiff {
        path: path.into(),
        added: diff.count_additions() as usize,
        removed: diff.count_removals() as usize,
        hunks: groups.iter().map(|changes| lines.hunk(changes)).collect(),
        values: values(path, old, new),
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

struct Lines<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
}

impl Lines<'_> {
    fn hunk(&self, changes: &[imara_diff::Hunk]) -> Hunk {
        let mut rows = Vec::new();
        let Some((first, last)) = changes.first().zip(changes.last()) else {
            return Hunk {
                header: EcoString::new(),
                lines: rows,
            };
        };
        let lead = CONTEXT.min(first.before.start);
        let trail = CONTEXT.min(self.old.len() as u32 - last.before.end);
        let old = first.before.start - lead..last.before.end + trail;
        let new = first.after.start - lead..last.after.end + trail;

        let (mut from_old, mut from_new) = (old.start, new.start);
        for change in changes {
            self.kept(from_old..change.before.start, from_new, &mut rows);
            for at in change.before.clone() {
                push_line(&mut rows, self.old[at as usize], Some(at + 1), None);
            }
            for at in change.after.clone() {
                push_line(&mut rows, self.new[at as usize], None, Some(at + 1));
            }
            (from_old, from_new) = (change.before.end, change.after.end);
        }
        self.kept(from_old..old.end, from_new, &mut rows);
        Hunk {
            header: eco_format!("@@ -{} +{} @@", span(&old), span(&new)),
            lines: rows,
        }
    }

    fn kept(&self, old: Range<u32>, new: u32, rows: &mut Vec<DiffLine>) {
        for (offset, at) in old.enumerate() {
            let line = self.old[at as usize];
            push_line(rows, line, Some(at + 1), Some(new + offset as u32 + 1));
        }
    }
}

fn push_line(rows: &mut Vec<DiffLine>, line: &str, old: Option<u32>, new: Option<u32>) {
    let text = line.strip_suffix('\n');
    rows.push(DiffLine {
        old,
        new,
        text: text.unwrap_or(line).into(),
    });
    if text.is_none() {
        rows.push(DiffLine {
            old: None,
            new: None,
            text: NO_LINE_END.into(),
        });
    }
}

/// `start,count` as a hunk header has it: a count of 1 is left out, an empty side counts from the
/// line before it.
fn span(lines: &Range<u32>) -> EcoString {
    match lines.len() {
        0 => eco_format!("{},0", lines.start),
        1 => eco_format!("{}", lines.start + 1),
        count => eco_format!("{},{count}", lines.start + 1),
    }
}
