//! What a story tells is made of the table of texts: each note of the trace, mark and line of a plan in
//! the lab's own voice is one of its sentences, with something in its holes. (That no sentence stands
//! outside of it in the sources, `crates/xtask/src/prose.rs` tests.)

#![expect(clippy::disallowed_methods, reason = "the table is read as files")]

use reconcile::Lab;
use reconcile::delivery::labs;
use std::fs;
use std::path::Path;

#[test]
fn what_is_told_is_in_the_table() {
    let table = table();
    let mut strangers = Vec::new();
    for name in labs::NAMES {
        let samples = Lab::built_in(name).expect(name).samples().len();
        for at in 0..samples {
            for text in told(name, at) {
                if !table.iter().any(|sentence| fits(sentence, &text)) {
                    strangers.push(format!("{name}: {text}"));
                }
            }
        }
    }
    strangers.sort();
    strangers.dedup();
    assert!(
        strangers.is_empty(),
        "not in the table:\n{}",
        strangers.join("\n")
    );
}

#[test]
fn a_sentence_has_something_in_its_holes() {
    let sentence = ["", " has ", " pods."].map(String::from);
    for (text, expected) in [
        ("web has 3 pods.", true),
        ("web has 3 pods. More", false),
        ("web had 3 pods.", false),
    ] {
        assert_eq!(fits(&sentence, text), expected, "{text}");
    }
}

/// What is told in the lab's voice of a built-in lab in which a sample is merged.
fn told(name: &str, at: usize) -> Vec<String> {
    let mut lab = Lab::built_in(name).expect(name);
    let sample = lab.samples()[at].clone();
    let mut draft = lab.files();
    draft.extend(sample.files);
    lab.open_pull_request(&sample.title, &draft)
        .expect("a sample can be proposed");
    let plan = lab.scene().pull_request.map(|row| row.plan);
    let plan = plan.iter().flat_map(|rows| rows.iter());
    let mut all: Vec<String> = plan.map(|row| row.sentence.to_string()).collect();
    lab.merge().expect("a sample can be merged");
    lab.seek(lab.end());
    let marks = lab.marks();
    // A mark for a failing pod is Kubernetes' reason.
    let words = marks.iter().filter(|mark| mark.label.contains(' '));
    all.extend(words.map(|mark| mark.label.to_string()));
    let entries = lab.entries().iter();
    // Kubernetes says its Events; of a step nothing is told but names.
    let own = entries.filter(|it| {
        it.verb != "event" && !matches!(it.reason.as_str(), "StepStarted" | "StepEnded")
    });
    all.extend(own.map(|entry| entry.message.to_string()));
    all
}

/// The sentences of the table, as what stands between their holes. One has two words at least.
fn table() -> Vec<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/texts/en");
    let mut all = Vec::new();
    for file in fs::read_dir(folder).expect("the table is there") {
        let source = fs::read_to_string(file.expect("a file").path()).expect("a text");
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let code: Vec<&str> = source.lines().filter(is_code).collect();
        let code = code.join("\n").replace("\\\"", "\u{1}");
        all.extend(literals(&code).map(|text| between_holes(&text)));
        // `joined(&[node, " says how ", pod, " is."])`
        for pieces in code.split("joined(&[").skip(1) {
            let pieces = pieces.split_once(']').map_or(pieces, |it| it.0);
            let first = Some(String::new()).filter(|_| !pieces.starts_with('"'));
            all.push(first.into_iter().chain(literals(pieces)).collect());
        }
    }
    let is_sentence = |it: &Vec<String>| {
        let words = it.iter().flat_map(|part| part.split_whitespace());
        words.filter(|word| 1 < word.len()).count() >= 2
    };
    all.retain(is_sentence);
    all
}

/// The string literals of code in which an escaped quote is a 1.
fn literals(code: &str) -> impl Iterator<Item = String> {
    code.split('"').skip(1).step_by(2).map(|text| {
        let text = text.replace('\u{1}', "\"");
        let mut lines = text.split("\\\n");
        let first = lines.next().unwrap_or_default().to_owned();
        lines.fold(first, |text, line| text + line.trim_start())
    })
}

/// What stands between the holes of a text.
fn between_holes(text: &str) -> Vec<String> {
    let mut parts = text.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.filter_map(|part| Some(part.split_once('}')?.1.to_owned()));
    [first].into_iter().chain(rest).collect()
}

/// Whether a text is a sentence with something in its holes.
fn fits(sentence: &[String], text: &str) -> bool {
    let Some((first, rest)) = sentence.split_first() else {
        return false;
    };
    let Some(mut text) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return text.is_empty();
    };
    for part in middle {
        match text.split_once(part.as_str()) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(last.as_str())
}
