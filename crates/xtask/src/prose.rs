//! Every word that somebody reads stands in a table of texts, so that a second language needs another
//! table and nothing else: the page's is `web/src/texts`, and the engine's crates have theirs.
//!
//! The words of real programs are facts, which are the same in every language: they stand where those
//! programs are. [`SPEAKERS`] lists the places; what the lab tells of them in its own voice, the notes
//! of the trace, is in a table even there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tools::root;

/// The crates that speak to whoever looks at the page. Not `yaml` and `shell`, nearly all of whose words
/// are those of go-yaml, kubectl and bash: the few of their own stand in `src/texts` there.
const VOICES: [&str; 5] = [
    "web/src",
    "crates/lessons/src",
    "crates/reconcile/src",
    "crates/view/src",
    "crates/wasm/src",
];

/// Where real programs speak, in folders or files of `crates/reconcile/src`, and which.
const SPEAKERS: &[(&str, &str)] = &[
    ("cluster/deployment/", "Kubernetes: conditions and Events"),
    (
        "cluster/horizontal_pod_autoscaler/",
        "Kubernetes: conditions and Events",
    ),
    ("cluster/job/", "Kubernetes: conditions and Events"),
    (
        "cluster/kubelet/",
        "the kubelet, the container runtime, a container's shell",
    ),
    ("cluster/metrics_server.rs", "the API server"),
    (
        "cluster/namespace.rs",
        "Kubernetes: conditions and annotations",
    ),
    ("cluster/network/load_balancer.rs", "Kubernetes: Events"),
    ("cluster/network/mod.rs", "programs that get no answer"),
    (
        "cluster/node_lifecycle.rs",
        "Kubernetes: conditions and Events",
    ),
    (
        "cluster/pod_disruption_budget.rs",
        "Kubernetes: conditions and Events",
    ),
    ("cluster/pod_garbage_collector.rs", "Kubernetes: conditions"),
    (
        "cluster/replica_set.rs",
        "Kubernetes: conditions and Events",
    ),
    ("cluster/scheduler/", "the scheduler: conditions and Events"),
    (
        "cluster/taint_eviction.rs",
        "Kubernetes: conditions and Events",
    ),
    (
        "delivery/actions/",
        "GitHub Actions, and the log of a workflow",
    ),
    ("delivery/adopt.rs", "Helm; a workflow's file"),
    ("delivery/git/", "git"),
    (
        "delivery/plan/source.rs",
        "Helm: what `helm template` writes",
    ),
    ("delivery/plan/trial.rs", "the API server"),
    ("delivery/registry.rs", "a registry"),
    ("events.rs", "Kubernetes: Events"),
    ("gitops/", "Argo CD and Flux: conditions and Events"),
    ("pipeline/charts.rs", "Helm"),
    ("pipeline/git_push.rs", "git"),
    ("pipeline/intents.rs", "GitHub"),
    ("pipeline/kubectl.rs", "kubectl"),
    ("pipeline/manifest.rs", "the API server"),
    (
        "pipeline/pulls.rs",
        "GitHub: what it says at a pull request",
    ),
    ("pipeline/releases.rs", "Helm"),
    ("pipeline/runs.rs", "GitHub"),
];

/// What notes of the trace quote, word for word.
const QUOTES: [&str; 7] = [
    // The HorizontalPodAutoscaler, in its Event SuccessfulRescale.
    "{} above target",
    "All metrics below target",
    // The Job controller, in its Event FailedCreate.
    "Error creating: {}",
    // The disruption controller, in its Event CalculateExpectedPodCountFailed.
    "Failed to calculate the number of expected pods: {why}",
    // Argo CD, in an Application's operationState.
    "Retrying operation. Attempt #{tries}",
    "{message}. Retrying attempt #{next} at {at}.",
    // GitHub, at a run that cannot begin.
    "Invalid workflow file: {path} (Line: {line}, Col: {column}): {message}",
];

/// Attributes that a reader sees or hears.
const SPOKEN: [&str; 6] = [
    "aria-label=",
    "aria-valuetext=",
    "title=",
    "placeholder=",
    "alt=",
    "label=",
];

#[test]
fn every_word_is_in_a_table() {
    let mut found = Vec::new();
    for (name, source) in VOICES.iter().flat_map(|folder| sources(folder)) {
        let mut prose = match speaker(&name) {
            Some(_) => told(&source),
            None => prose(&source),
        };
        prose.retain(|text| !QUOTES.contains(text));
        found.extend(prose.iter().map(|text| format!("{name}: {text:?}")));
    }
    assert!(
        found.is_empty(),
        "in the table it would be:\n{}",
        found.join("\n")
    );
}

#[test]
fn whoever_is_listed_speaks() {
    let all = sources("crates/reconcile/src");
    for (place, who) in SPEAKERS {
        let speaks = |(name, source): &(String, String)| {
            speaker(name) == Some(*place) && !prose(source).is_empty()
        };
        assert!(all.iter().any(speaks), "{place}: {who} says nothing there");
    }
    for quote in QUOTES {
        let is_told = |(_, source): &(String, String)| told(source).contains(&quote);
        assert!(all.iter().any(is_told), "nobody quotes {quote:?}");
    }
}

#[test]
fn prose_is_told_from_other_strings() {
    for (source, expected) in [
        (r#"<p>{ "Files" }</p>"#, &["Files"][..]),
        (r#"{ "⋯" }"#, &[]),
        (r#"<nav aria-label="Pages">"#, &["Pages"]),
        (r#"<p class="quiet square">"#, &[]),
        (r#"let side = if dark { "night" } else { "day" };"#, &[]),
        (r#"{ "\n" }"#, &[]),
        (r#"format!("{} left out", n)"#, &["{} left out"]),
        (r#"format!("{}: {}", a, b)"#, &[]),
        (r#"let x = "M1 2 h3"; // "some words""#, &[]),
        (r#"closest("input, textarea")"#, &[]),
        (r#"unreachable!("pushed above")"#, &[]),
        (r#"fn a(c: char) { c == '"' } { "Go" }"#, &["Go"]),
        ("#[cfg(test)]\nmod tests { \"some words\" }", &[]),
    ] {
        assert_eq!(prose(source), expected, "{source}");
    }
}

#[test]
fn a_note_of_the_trace_is_told_from_an_event() {
    for (source, expected) in [
        (
            r#"Note::story("scale", "Up", "It grows now.")"#,
            &["It grows now."][..],
        ),
        (r#"Note::detail("event", "Created", "Created pod: ")"#, &[]),
        (
            r#"Note::nothing("Same", "Nothing happens.")"#,
            &["Nothing happens."],
        ),
        (
            r#"let why = f!("{a} goes ({b})."); Note::story(verb, R, why)"#,
            &["{a} goes ({b})."],
        ),
        (
            r#"let why = f!("{a} fails"); Note::warning("event", "F", why)"#,
            &[],
        ),
        (
            r#"let why = texts::it_grows(); Note::story("scale", "Up", why)"#,
            &[],
        ),
        (r#"Err("it is not there")"#, &[]),
    ] {
        assert_eq!(told(source), expected, "{source}");
    }
}

/// The place of [`SPEAKERS`] that a file is of.
fn speaker(name: &str) -> Option<&'static str> {
    let name = name.strip_prefix("crates/reconcile/src/")?;
    let of = |(place, _): &&(&'static str, _)| match place.ends_with('/') {
        true => name.starts_with(place),
        false => name == *place,
    };
    SPEAKERS.iter().find(of).map(|(place, _)| *place)
}

/// The Rust files of a folder, but for tables and tests: their names from the root on, and what they say.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    files.sort();
    let read = |path: PathBuf| {
        let source = fs::read_to_string(&path).unwrap_or_default();
        let name = path.strip_prefix(root()).unwrap_or(&path);
        (name.to_string_lossy().replace('\\', "/"), source)
    };
    files.into_iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten();
    for path in entries.filter_map(|it| it.ok().map(|it| it.path())) {
        let is_named = |name: &str| path.file_stem().is_some_and(|it| it == name);
        if is_named("texts") || is_named("tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

/// What a file says before its tests.
fn code(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod ").next().unwrap_or(source)
}

/// The string literals of a source file that a person would read.
fn prose(source: &str) -> Vec<&str> {
    literals(code(source))
        .into_iter()
        .filter(|&(before, text, after)| {
            let before = before.trim_end();
            // Between braces in markup; `let side = if dark { "night" }…` is none.
            let statement = before.rsplit([';', '>']).next().unwrap_or_default();
            let is_text = before.ends_with('{')
                && after.trim_start().starts_with('}')
                && !statement.contains("let ");
            let is_spoken = SPOKEN.iter().any(|attribute| before.ends_with(attribute));
            let is_class = before.ends_with("class=");
            let is_panic = before.ends_with("unreachable!(");
            // A command line and a program's name are the same in every language.
            if text.starts_with("kubectl ") || text == "Argo CD" || is_panic {
                return false;
            }
            match is_text || is_spoken {
                true => text.split([' ', '\\']).any(is_word),
                false => !is_class && reads_as_words(text),
            }
        })
        .map(|(_, text, _)| text)
        .collect()
}

/// The literals that a person would read in the notes of the trace, or in what the variable was made of
/// that stands there. The message of a note with the verb `event` is that of a Kubernetes Event.
fn told(source: &str) -> Vec<&str> {
    let code = code(source);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("Note::") {
        let (before, rest) = code.split_at(at);
        let Some(open) = rest.find('(') else { continue };
        let kind = &rest["Note::".len()..open];
        if !["story", "detail", "warning", "nothing"].contains(&kind) {
            continue;
        }
        let arguments = enclosed(&rest[open..]);
        if arguments.trim_start().starts_with("\"event\"") {
            continue;
        }
        found.extend(readable(arguments));
        let last = arguments.trim_end().trim_end_matches(',');
        let name = last.rsplit(',').next().unwrap_or(last).trim();
        let name = name.trim_end_matches(".clone()");
        let made = before.rfind(&format!("let {name} ="));
        if let Some(made) = made.filter(|_| name.chars().all(|c| c.is_alphanumeric() || c == '_')) {
            found.extend(readable(statement(&code[made..at])));
        }
    }
    found.dedup();
    found
}

/// The literals of a piece of code that read as words.
fn readable(code: &str) -> impl Iterator<Item = &str> {
    let texts = literals(code).into_iter().map(|(_, text, _)| text);
    texts.filter(|text| reads_as_words(text))
}

/// What stands between a parenthesis and the one that closes it.
fn enclosed(code: &str) -> &str {
    let mut depth = 0;
    for (at, c) in outside_literals(code) {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            return &code[1..at];
        }
    }
    ""
}

/// A statement up to the semicolon that ends it.
fn statement(code: &str) -> &str {
    let mut depth = 0;
    for (at, c) in outside_literals(code) {
        depth += i32::from("({[".contains(c)) - i32::from(")}]".contains(c));
        if depth == 0 && c == ';' {
            return &code[..at];
        }
    }
    code
}

/// The characters of code, with their places, that are not in a string.
fn outside_literals(code: &str) -> impl Iterator<Item = (usize, char)> {
    let start = |text: &str| text.as_ptr() as usize - code.as_ptr() as usize;
    let literals = literals(code).into_iter();
    let inside: Vec<_> = literals
        .map(|(_, text, _)| start(text)..start(text) + text.len())
        .collect();
    code.char_indices()
        .filter(move |(at, _)| !inside.iter().any(|it| it.contains(at)))
}

/// Whether two words follow each other, one of which may be an argument.
fn reads_as_words(text: &str) -> bool {
    let is_argument = |word: &str| word.starts_with('{') && word.contains('}');
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    let pairs = words.windows(2);
    let reads = |pair: &[&str]| {
        let ends_with_comma = pair[0].ends_with(',');
        !ends_with_comma
            && (is_word(pair[0]) && (is_word(pair[1]) || is_argument(pair[1]))
                || is_argument(pair[0]) && is_word(pair[1]))
    };
    pairs.into_iter().any(reads)
}

fn is_word(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ':', ';', '!', '?']);
    1 < word.len() && word.chars().all(|c| c.is_alphabetic() || c == '\'')
}

/// Each string literal with what stands before and behind it. Comments hold none.
fn literals(code: &str) -> Vec<(&str, &str, &str)> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += code[at..].find('\n').unwrap_or(code.len() - at);
            }
            // A quote as a character; a lifetime has no second apostrophe.
            b'\'' if bytes.get(at + 1) == Some(&b'"') => at += 3,
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => at += 4,
            b'"' => {
                let start = at + 1;
                let mut end = start;
                while end < bytes.len() && bytes[end] != b'"' {
                    end += 1 + usize::from(bytes[end] == b'\\');
                }
                let end = end.min(code.len());
                found.push((
                    &code[..at],
                    &code[start..end],
                    code.get(end + 1..).unwrap_or(""),
                ));
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    found
}
