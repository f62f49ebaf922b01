//! What is wrong, and how it is said.

use std::fmt::Write;
use yaml::Value;
use yaml::number::{format_g, format_json};

/// What a problem is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword that the value does not meet.
    Keyword,
    /// Several problems of one schema.
    Group,
    /// Problems behind a `$ref`.
    Reference,
}

/// What is wrong at a place, and what led to it.
pub(super) struct Problem {
    pub kind: Kind,
    /// The place in the values, as a JSON pointer.
    pub at: String,
    pub message: String,
    pub causes: Vec<Problem>,
}

impl Problem {
    /// A line a problem, each after a line break, causes below and further in. A reference with one
    /// cause has no line of its own.
    pub fn show(&self, out: &mut String, depth: usize) {
        let is_shown = self.kind != Kind::Reference || self.causes.len() != 1;
        if is_shown {
            out.push('\n');
            for _ in 0..depth {
                out.push_str("  ");
            }
            let _ = write!(out, "- at {}: {}", quoted(&self.at), self.message);
        }
        for cause in &self.causes {
            cause.show(out, depth + usize::from(is_shown));
        }
    }
}

/// A text in the validator's quotes: Go's, but single ones.
pub(super) fn quoted(text: &str) -> String {
    let quoted = gotmpl::quote::quote(text.as_bytes());
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "\\'"))
}

/// Quoted names with commas between.
pub(super) fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    names.join(", ")
}

/// A value of `enum` or `const`; none if it is no scalar.
pub(super) fn scalar(value: &Value) -> Option<String> {
    Some(match value {
        Value::String(text) => quoted(text),
        Value::Null => "<nil>".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format_json(*number),
        Value::List(_) | Value::Map(_) => return None,
    })
}

/// A whole number with commas between thousands, as golang.org/x/text prints for English.
pub(super) fn count(number: usize) -> String {
    grouped(&number.to_string())
}

/// A number in the same way: `65,535`, `0.5`, `1.2×10⁰⁶`.
pub(super) fn number(value: &Value) -> String {
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) if *number != 0.0 => *number,
        _ => 0.0,
    };
    let text = format_g(number);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, ""));
    let mut out = grouped(digits);
    if !exponent.is_empty() {
        out.push_str("×10");
        out.extend(exponent.chars().filter_map(|letter| match letter {
            '-' => Some('⁻'),
            '0'..='9' => "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(letter as usize - '0' as usize),
            _ => None,
        }));
    }
    out
}

fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut out = String::new();
    for (at, letter) in number.char_indices() {
        let before_comma = at < whole && (whole - at).is_multiple_of(3);
        if before_comma && out.ends_with(|last: char| last.is_ascii_digit()) {
            out.push(',');
        }
        out.push(letter);
    }
    out
}
