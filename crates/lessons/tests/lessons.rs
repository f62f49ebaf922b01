//! The lessons of the site are as they claim, and bad ones are refused with reasons.

#![cfg(not(target_family = "wasm"))]
// Lessons lie in folders.
#![allow(clippy::disallowed_methods)]

use lessons::{Lesson, Session, proof};
use reconcile::delivery::labs::Files;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use view::protocol::LessonIntent;

/// The folders in a folder, by name.
fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).expect("it is there");
    let mut all: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.is_dir())
        .collect();
    all.sort();
    all
}

/// All files of a folder, by their paths in it.
fn files(root: &Path) -> Files {
    let mut all = Files::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("it is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.strip_prefix(root).expect("it is inside");
            let text = fs::read_to_string(&path).expect("it is text");
            all.insert(name.to_string_lossy().replace('\\', "/"), text);
        }
    }
    all
}

/// What is wrong with a lesson, a line each; empty if nothing is.
fn told(folder: &Path) -> String {
    let mut text = String::new();
    for it in proof::prove(&files(folder)).err().unwrap_or_default() {
        let (line, column) = (it.line, it.column);
        write!(text, "{}:{line}:{column}: {}", it.path, it.message).expect("a text takes all");
        match it.hint.as_str() {
            "" => text.push('\n'),
            hint => writeln!(text, " ({hint})").expect("a text takes all"),
        }
    }
    text
}

#[test]
fn every_lesson_is_as_it_claims() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/lessons");
    // Each plays some minutes of many labs: side by side.
    let told = std::thread::scope(|scope| {
        let proofs = folders(&root).into_iter().map(|folder| {
            scope.spawn(move || match told(&folder).as_str() {
                "" => String::new(),
                told => format!("{}\n{told}", folder.display()),
            })
        });
        let proofs: Vec<_> = proofs.collect();
        let told = proofs
            .into_iter()
            .map(|proof| proof.join().expect("it ends"));
        told.collect::<String>()
    });
    assert!(told.is_empty(), "{told}");
}

/// A file `expected` beside a bad lesson says what is wrong with it.
#[test]
fn bad_lessons_are_refused() {
    for folder in folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")) {
        let expected = fs::read_to_string(folder.join("expected")).unwrap_or_default();
        assert_eq!(told(&folder), expected, "{}", folder.display());
    }
}

#[test]
fn what_was_refused_is_no_deed_before_a_prediction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/lessons/1-desired-state");
    let lesson = Rc::new(Lesson::read(&files(&root)).expect("it can be read"));
    let (mut session, mut lab) = Session::begin(lesson, 1).expect("it opens");
    session
        .learn(&mut lab, LessonIntent::Next)
        .expect("the first step is to look");
    let (printed, _) = lab.command("kubectl delete pod nothing -n shop");
    assert_ne!(printed.exit, 0);
    session
        .learn(&mut lab, LessonIntent::Predict(1))
        .expect("nothing has happened yet");
    lab.command("kubectl delete pods --all -n shop");
    let late = session.learn(&mut lab, LessonIntent::Predict(2));
    assert!(late.is_err(), "now it has");
}
