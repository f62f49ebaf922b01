//! No component holds prose: it has a name in the table.

// A test reads the sources.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};

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
fn one_is_not_many() {
    for (n, text) in [(0, "0 pods"), (1, "1 pod"), (3, "3 pods")] {
        assert_eq!(super::pods(n), text);
    }
}

#[test]
fn durations_take_the_unit_that_fits() {
    for (t, text) in [(800, "800 ms"), (4_200, "4 s"), (125_000, "2 min 5 s")] {
        assert_eq!(super::duration(t), text);
    }
}

#[test]
fn memory_takes_the_unit_that_fits() {
    for (mib, text) in [(384, "384 Mi"), (1_536, "1.5 Gi"), (4_096, "4 Gi")] {
        assert_eq!(super::memory(mib), text);
    }
}

#[test]
fn components_hold_no_prose() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in sources(&root) {
        let Ok(source) = fs::read_to_string(&path) else {
            continue;
        };
        let name = path.strip_prefix(&root).unwrap_or(&path);
        let name = name.to_string_lossy().replace('\\', "/");
        let prose = prose(&source).into_iter();
        found.extend(prose.map(|text| format!("{name}: {text:?}")));
    }
    assert!(
        found.is_empty(),
        "in the table it would be:\n{}",
        found.join("\n")
    );
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
        (r#"fn a(c: char) { c == '"' } { "Go" }"#, &["Go"]),
        ("#[cfg(test)]\nmod tests { \"some words\" }", &[]),
    ] {
        assert_eq!(prose(source), expected, "{source}");
    }
}

/// The Rust files of the page, but for the table.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|it| it.ok().map(|it| it.path()))
        .collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() && !path.ends_with("texts") {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
    files
}

/// The string literals of a source file that a person would read.
fn prose(source: &str) -> Vec<&str> {
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or(source);
    literals(code)
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
            // A command line is the same in every language.
            if text.starts_with("kubectl ") {
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
