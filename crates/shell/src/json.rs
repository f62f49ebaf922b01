//! Values as JSON on one line, as Go writes them (`encoding/json`): what HTML could read is escaped.

use ecow::EcoString;
use std::fmt::Write;
use yaml::Value;

/// A value as JSON.
#[must_use]
pub fn encode(value: &Value) -> EcoString {
    let mut out = EcoString::new();
    write(value, None, &mut out);
    out
}

/// A value as JSON on many lines, as `kubectl -o json` prints it.
#[must_use]
pub fn encode_indented(value: &Value) -> EcoString {
    let mut out = EcoString::new();
    write(value, Some(0), &mut out);
    out
}

/// With a depth, each member stands on a line of its own.
fn write(value: &Value, depth: Option<usize>, out: &mut EcoString) {
    let inner = depth.map(|depth| depth + 1);
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(is_true) => out.push_str(if *is_true { "true" } else { "false" }),
        // A text takes all.
        Value::Int(number) => _ = write!(out, "{number}"),
        Value::Float(number) => out.push_str(&yaml::number::format_json(*number)),
        Value::String(text) => quote(text, out),
        Value::List(items) => {
            let mut mark = '[';
            for item in items {
                out.push(mark);
                begin_line(inner, out);
                write(item, inner, out);
                mark = ',';
            }
            end(mark == '[', "[]", depth, out);
        }
        Value::Map(members) => {
            let mut mark = '{';
            for (name, member) in members.iter() {
                out.push(mark);
                begin_line(inner, out);
                quote(name, out);
                out.push_str(if depth.is_some() { ": " } else { ":" });
                write(member, inner, out);
                mark = ',';
            }
            end(mark == '{', "{}", depth, out);
        }
    }
}

fn begin_line(depth: Option<usize>, out: &mut EcoString) {
    if let Some(depth) = depth {
        out.push('\n');
        out.extend(std::iter::repeat_n("    ", depth));
    }
}

/// Closes what `brackets` open, which are not open yet if it is empty.
fn end(is_empty: bool, brackets: &str, depth: Option<usize>, out: &mut EcoString) {
    if is_empty {
        out.push_str(brackets);
    } else {
        begin_line(depth, out);
        out.push_str(&brackets[1..]);
    }
}

fn quote(text: &str, out: &mut EcoString) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::{encode, encode_indented};

    #[test]
    fn on_many_lines_as_kubectl_prints_it() {
        let value = yaml::decode("{a: [1, {}], b: {c: x}}").expect("it is YAML");
        let expected = "{\n    \"a\": [\n        1,\n        {}\n    ],\n    \"b\": {\n        \"c\": \"x\"\n    }\n}";
        assert_eq!(encode_indented(&value), expected);
    }

    #[test]
    fn as_go_writes_it() {
        let cases = [
            (
                "a: [1, -2.5, 1e30, true, null]",
                r#"{"a":[1,-2.5,1e+30,true,null]}"#,
            ),
            ("{b: {}, a: []}", r#"{"a":[],"b":{}}"#),
            (
                r#""a<b>&\n\"\\\t\u0001ä\u2028""#,
                r#""a\u003cb\u003e\u0026\n\"\\\t\u0001ä\u2028""#,
            ),
        ];
        for (text, expected) in cases {
            let value = yaml::decode(text).expect("it is YAML");
            assert_eq!(encode(&value), expected);
            assert_eq!(
                encode(&yaml::decode(expected).expect("JSON is YAML")),
                expected
            );
        }
    }
}
