//! `rollout-lab lesson check`: proves lessons.

use crate::{Fault, files, print, usage};
use lessons::proof::{self, Proof};
use reconcile::view::Problem;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
Proves lessons: their start does not meet their goals, every solution does, and every wrong
answer fails with its hint; from fresh, with five seeds each.

Usage: rollout-lab lesson check [DIR…]

DIR is a lesson (a folder with a lesson.yaml) or a folder of lessons; the current folder if
none is named. What is wrong is told as FILE:LINE:COLUMN.

Exit codes: 0 all is as they claim, 1 something is not, 2 the command line is wrong.
";

/// What a lesson's folder has that marks it as one.
const LESSON: &str = "lesson.yaml";

/// Runs what follows `lesson`.
pub fn run(parser: &mut lexopt::Parser) -> Result<ExitCode, Fault> {
    use lexopt::prelude::*;
    match parser.next().map_err(usage)? {
        Some(Value(command)) if command == "check" => {}
        Some(Short('h') | Long("help")) => return print(HELP),
        Some(other) => return Err(usage(other.unexpected())),
        None => return Err(Fault::Usage(HELP.into())),
    }
    let mut folders = Vec::new();
    while let Some(arg) = parser.next().map_err(usage)? {
        match arg {
            Value(folder) => folders.push(PathBuf::from(folder)),
            Short('h') | Long("help") => return print(HELP),
            other => return Err(usage(other.unexpected())),
        }
    }
    if folders.is_empty() {
        folders.push(PathBuf::from("."));
    }
    let mut lessons = Vec::new();
    for folder in folders {
        lessons.extend(lessons_in(&folder)?);
    }
    let mut is_good = true;
    for folder in lessons {
        let proof = proof::prove(&files::read(&folder)?);
        is_good &= proof.is_ok();
        print(&match proof {
            Ok(proof) => proved(&proof),
            Err(problems) => refused(&folder, problems),
        })?;
    }
    Ok(ExitCode::from(u8::from(!is_good)))
}

/// A folder that is a lesson, or the lessons in it, by name.
fn lessons_in(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    if folder.join(LESSON).is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let wrong = |why: String| Fault::Usage(format!("error: {}: {why}", folder.display()));
    let entries = fs::read_dir(folder).map_err(|error| wrong(error.to_string()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = paths.filter(|path| path.join(LESSON).is_file()).collect();
    found.sort();
    match found.is_empty() {
        true => Err(wrong(format!(
            "there is no {LESSON} in it, nor in a folder of it"
        ))),
        false => Ok(found),
    }
}

fn proved(proof: &Proof) -> String {
    let count = |number: usize, noun: &str| match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    };
    format!(
        "✓ {}: {}, {}, {}, with {} seeds\n",
        proof.id,
        count(proof.steps, "step"),
        count(proof.solutions, "solution"),
        count(proof.wrong, "wrong answer"),
        proof::SEEDS,
    )
}

fn refused(folder: &Path, problems: Vec<Problem>) -> String {
    let mut text = format!("✗ {}\n", folder.display());
    for it in problems {
        let place = match (it.line, it.column) {
            (0, _) => String::new(),
            (line, 0) => format!(":{line}"),
            (line, column) => format!(":{line}:{column}"),
        };
        // Writing to a string cannot fail.
        let path = folder.join(it.path.as_str());
        let _ = writeln!(text, "{}{place}: {}", path.display(), it.message);
        if !it.hint.is_empty() {
            let _ = writeln!(text, "  {}", it.hint);
        }
    }
    text
}
