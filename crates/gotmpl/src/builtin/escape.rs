//! Escaping for HTML, JavaScript and URLs.

use super::{ok, values};
use crate::error::Error;
use crate::exec::Operand;
use crate::print::sprint;
use crate::quote::is_print;
use crate::value::{Text, Value};

/// The arguments as one text; what has no value is shown as such.
fn joined(operands: &[Operand]) -> Vec<u8> {
    let shown: Vec<Value> = values(operands)
        .into_iter()
        .map(|value| {
            if value.is_nil() {
                Value::from("<no value>")
            } else {
                value
            }
        })
        .collect();
    sprint(&shown)
}

/// Escapes `"'&<>`.
pub(super) fn html(operands: &[Operand]) -> Result<Operand, Error> {
    let mut out = Vec::new();
    for byte in joined(operands) {
        let escaped: &[u8] = match byte {
            0 => "\u{FFFD}".as_bytes(),
            b'"' => b"&#34;",
            b'\'' => b"&#39;",
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            byte => &[byte],
        };
        out.extend_from_slice(escaped);
    }
    ok(Text::from(out))
}

/// Escapes a text for a JavaScript string.
pub(super) fn js(operands: &[Operand]) -> Result<Operand, Error> {
    let mut out = String::new();
    for letter in String::from_utf8_lossy(&joined(operands)).chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", u32::from(letter))),
            '\0'..='\x1F' => out.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ if letter.is_ascii() || is_print(letter) => out.push(letter),
            _ => out.push_str(&format!("\\u{:04X}", u32::from(letter))),
        }
    }
    ok(out)
}

/// Escapes a text for the query of a URL.
pub(super) fn urlquery(operands: &[Operand]) -> Result<Operand, Error> {
    let mut out = String::new();
    for byte in joined(operands) {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    ok(out)
}
