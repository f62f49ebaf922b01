//! Cases in folders: what is another in a lab's files, and what is done to it, step by step.

#![allow(dead_code, reason = "each of the tests uses a part of it")]

use kube::api::{PatchType, Verb};
use kube::{Key, Value};
use reconcile::Lab;
use reconcile::delivery::labs::Files;
use reconcile::view::{Outcome, Problem, RequestRow, StationKind};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder beside these tests.
pub fn folder(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    tests.join(name)
}

/// The stations from the release to the rollout, and what the API server was asked for.
pub fn asked(lab: &Lab) -> String {
    let scene = lab.scene();
    let mut text = String::new();
    for it in scene.stations {
        if matches!(
            it.kind,
            StationKind::Release | StationKind::ApiServer | StationKind::Rollout
        ) {
            let (kind, progress, title) = (it.kind, it.progress, it.title);
            writeln!(text, "{kind:?} {progress:?}: {title}; {}", it.detail)
                .expect("a text takes all");
        }
    }
    text.extend(scene.requests.iter().map(request));
    text
}

fn request(row: &RequestRow) -> String {
    let of_change = if row.is_of_change { '*' } else { ' ' };
    let record = if row.is_record { " (record)" } else { "" };
    let part = if row.subresource.is_empty() { "" } else { "/" };
    let RequestRow {
        actor,
        user,
        verb,
        object,
        subresource,
        outcome,
        code,
        reason,
        message,
        ..
    } = row;
    let mut text =
        format!("{of_change} {actor} [{user}] {verb} {object}{part}{subresource}{record}: {code}");
    text += &match outcome {
        Outcome::Refused => format!(" {reason} x{}: {message}", row.count),
        _ => format!(" {outcome:?}, generation {}", row.generation),
    };
    for (name, list) in [
        ("template", &row.template),
        ("elsewhere", &row.elsewhere),
        ("told", &row.told),
    ] {
        if !list.is_empty() {
            text += &format!("\n    {name}: {}", list.join(", "));
        }
    }
    text + "\n"
}

/// Gives every case of a folder, the YAML files in it, to `check`, by name.
pub fn each(name: &str, check: fn(&str, &Value)) {
    let mut paths: Vec<_> = fs::read_dir(folder(name))
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().expect("it has one").to_string_lossy();
        let text = fs::read_to_string(&path).expect("it is text");
        let case = yaml::decode(&text).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        check(&name, &case);
    }
}

/// Reads the files of a folder; their paths begin with `prefix`.
pub fn read(folder: &Path, prefix: &str, files: &mut Files) {
    let entries = fs::read_dir(folder).expect("it is a folder");
    for entry in entries {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("it has one").to_string_lossy();
        let name = format!("{prefix}{name}");
        match path.is_dir() {
            true => read(&path, &format!("{name}/"), files),
            false => _ = files.insert(name, fs::read_to_string(&path).expect("it is text")),
        }
    }
}

/// Lays texts over files: a text replaces a file, null removes it, and a map replaces parts of it.
pub fn lay(over: &Value, files: &mut Files) {
    for (path, change) in over.members() {
        match change {
            Value::Null => _ = files.remove(path.as_str()),
            Value::Map(parts) => {
                let file = files.get_mut(path.as_str()).expect("the lab has this file");
                for (from, to) in parts.iter() {
                    assert!(file.contains(from.as_str()), "{path} has {from:?}");
                    *file = file.replace(from.as_str(), to.text());
                }
            }
            text => _ = files.insert(path.to_string(), text.text().to_owned()),
        }
    }
}

/// A key as cases write it.
pub fn key(of: &Value) -> Key {
    let part = |name: &str| of.get(name).to_text();
    Key::new(part("kind"), part("namespace"), part("name"))
}

/// Changes an object by hand.
pub fn patch(lab: &mut Lab, patch: &Value) -> Result<(), Vec<Problem>> {
    let change = Verb::Patch(PatchType::Merge, patch.get("to").clone());
    lab.write(key(patch), "", change)
}

/// Says which step is done: its beginning, as JSON.
pub fn announce(text: &mut String, step: &Value) {
    let whole = serde_json::to_string(step).expect("it is JSON");
    let brief: String = whole.chars().take(100).collect();
    writeln!(text, "-- {brief}").expect("a text takes all");
}

/// Says why a step was refused.
pub fn refused(text: &mut String, problems: Vec<Problem>) {
    for problem in problems {
        writeln!(text, "refused: {}", problem.message).expect("a text takes all");
    }
}
