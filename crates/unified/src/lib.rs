//! Two texts compared line by line, as `git diff` and `diff -u` show it: hunks with three lines around each
//! change.

use ecow::{EcoString, eco_format};
use imara_diff::{Algorithm, Diff, InternedInput};
use std::ops::Range;
use view::{DiffLine, Hunk};

/// Lines shown before and after a change (`diff.context` in git-config's manual).
const CONTEXT: u32 = 3;

/// The note that stands for a missing line end at the end of a text; such a line has no number on
/// either side.
const NO_LINE_END: &str = "\\ No newline at end of file";

/// The hunks by which one text becomes the other; none if they are equal.
#[must_use]
pub fn hunks(old: &str, new: &str) -> Vec<Hunk> {
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
    groups.iter().map(|changes| lines.hunk(changes)).collect()
}

/// Hunks as the programs print them, each under its header.
#[must_use]
pub fn print(hunks: &[Hunk]) -> String {
    let mut out = String::new();
    for hunk in hunks {
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

#[cfg(test)]
mod tests {
    use super::{hunks, print};

    #[test]
    fn texts_are_compared_as_by_diff() {
        let numbers =
            |all: std::ops::Range<u32>| -> String { all.map(|it| format!("{it}\n")).collect() };
        let cases = [
            ("a\n".to_owned(), "a\n".to_owned(), ""),
            (String::new(), "a\nb\n".into(), "@@ -0,0 +1,2 @@\n+a\n+b\n"),
            ("a\n".into(), String::new(), "@@ -1 +0,0 @@\n-a\n"),
            (
                "a\nb\nc\n".into(),
                "a\nx\nc\n".into(),
                "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n",
            ),
            (
                numbers(0..20),
                numbers(0..20)
                    .replace("5\n", "five\n")
                    .replace("1five\n", "15\n"),
                "@@ -3,7 +3,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
            ),
            (
                numbers(10..30),
                format!("{}29\n30\n", numbers(11..29)),
                "@@ -1,4 +1,3 @@\n-10\n 11\n 12\n 13\n@@ -18,3 +17,4 @@\n 27\n 28\n 29\n+30\n",
            ),
        ];
        for (from, to, expected) in cases {
            assert_eq!(print(&hunks(&from, &to)), expected);
        }
    }
}
