//! Values as JSON, as Go's `encoding/json` writes them.

mod fault;

use crate::{Value, number};
use ecow::EcoString;
use std::fmt::Write;

pub use fault::fault;

/// How JSON is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// What each level is set in by, every member on a line of its own; none puts all on one line.
    pub indent: Option<&'static str>,
    /// Whether `<`, `>` and `&` are escaped, as `json.Marshal` does.
    pub is_html_escaped: bool,
}

/// `json.Marshal`.
pub const COMPACT: Style = Style {
    indent: None,
    is_html_escaped: true,
};

/// A value as JSON.
#[must_use]
pub fn encode(value: &Value, style: Style) -> EcoString {
    let mut out = EcoString::new();
    write(value, style, 0, &mut out);
    out
}

fn write(value: &Value, style: Style, depth: usize, out: &mut EcoString) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(is_true) => out.push_str(if *is_true { "true" } else { "false" }),
        // A text takes all.
        Value::Int(number) => _ = write!(out, "{number}"),
        Value::Float(number) => out.push_str(&number::format_json(*number)),
        Value::String(text) => quote(text, style.is_html_escaped, out),
        Value::List(items) => {
            let mut mark = '[';
            for item in items {
                out.push(mark);
                begin_line(style, depth + 1, out);
                write(item, style, depth + 1, out);
                mark = ',';
            }
            end(mark == '[', "[]", style, depth, out);
        }
        Value::Map(members) => {
            let mut mark = '{';
            for (name, member) in members.iter() {
                out.push(mark);
                begin_line(style, depth + 1, out);
                quote(name, style.is_html_escaped, out);
                out.push_str(if style.indent.is_some() { ": " } else { ":" });
                write(member, style, depth + 1, out);
                mark = ',';
            }
            end(mark == '{', "{}", style, depth, out);
        }
    }
}

fn begin_line(style: Style, depth: usize, out: &mut EcoString) {
    if let Some(indent) = style.indent {
        out.push('\n');
        out.extend(std::iter::repeat_n(indent, depth));
    }
}

/// Closes what `brackets` open, which are not open yet if it is empty.
fn end(is_empty: bool, brackets: &str, style: Style, depth: usize, out: &mut EcoString) {
    if is_empty {
        out.push_str(brackets);
    } else {
        begin_line(style, depth, out);
        out.push_str(&brackets[1..]);
    }
}

/// Writes a text between quotes.
pub fn quote(text: &str, is_html_escaped: bool, out: &mut dyn Write) {
    // A text takes all.
    let _ = out.write_char('"');
    for letter in text.chars() {
        let _ = match letter {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\r' => out.write_str("\\r"),
            '\t' => out.write_str("\\t"),
            '\u{8}' => out.write_str("\\b"),
            '\u{c}' => out.write_str("\\f"),
            '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => code(letter, out),
            '<' | '>' | '&' if is_html_escaped => code(letter, out),
            letter => out.write_char(letter),
        };
    }
    let _ = out.write_char('"');
}

fn code(letter: char, out: &mut dyn Write) -> std::fmt::Result {
    write!(out, "\\u{:04x}", u32::from(letter))
}

#[cfg(test)]
mod tests {
    use super::{COMPACT, Style, encode};

    #[test]
    fn on_many_lines() {
        let value = crate::decode("{a: [1, {}], b: {c: x<y}}").expect("it is YAML");
        let style = Style {
            indent: Some("  "),
            is_html_escaped: false,
        };
        let expected =
            "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": \"x<y\"\n  }\n}";
        assert_eq!(encode(&value, style), expected);
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
            let value = crate::decode(text).expect("it is YAML");
            assert_eq!(encode(&value, COMPACT), expected);
            let again = crate::decode(expected).expect("JSON is YAML");
            assert_eq!(encode(&again, COMPACT), expected);
        }
    }
}
