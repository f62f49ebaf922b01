//! Strings in Go's syntax: quoting and its reverse.

use crate::value::Text;

/// The text in double quotes, with Go's escapes (`strconv.Quote`).
#[must_use]
pub fn quote(text: &[u8]) -> String {
    quote_with(text, false)
}

/// The text in double quotes, in ASCII only (`strconv.QuoteToASCII`).
#[must_use]
pub fn quote_ascii(text: &[u8]) -> String {
    quote_with(text, true)
}

fn quote_with(text: &[u8], ascii: bool) -> String {
    let mut out = String::from("\"");
    for chunk in text.utf8_chunks() {
        for letter in chunk.valid().chars() {
            push_escaped(&mut out, letter, '"', ascii);
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out.push('"');
    out
}

/// A character in single quotes (`strconv.QuoteRune`).
#[must_use]
pub fn quote_char(letter: char, ascii: bool) -> String {
    let mut out = String::from("'");
    push_escaped(&mut out, letter, '\'', ascii);
    out.push('\'');
    out
}

fn push_escaped(out: &mut String, letter: char, quote: char, ascii: bool) {
    let short = match letter {
        '\x07' => 'a',
        '\x08' => 'b',
        '\x0C' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x0B' => 'v',
        '\\' => '\\',
        _ if letter == quote => letter,
        _ if letter.is_ascii() && is_print(letter) => return out.push(letter),
        _ if !ascii && is_print(letter) => return out.push(letter),
        _ => {
            let code = u32::from(letter);
            let escaped = match code {
                0..=0x1F | 0x7F => format!("\\x{code:02x}"),
                0x20..=0xFFFF => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
            return out.push_str(&escaped);
        }
    };
    out.push('\\');
    out.push(short);
}

/// Whether Go takes the character for printable: letters, marks, numbers, punctuation, symbols and
/// the ASCII space. Rust's debug form asks the same, but for a mark that nothing stands before.
#[must_use]
pub fn is_print(letter: char) -> bool {
    if letter.is_ascii() {
        return matches!(letter, ' '..='~');
    }
    let mut buffer = [b'a'; 5];
    let length = 1 + letter.encode_utf8(&mut buffer[1..]).len();
    let text = std::str::from_utf8(&buffer[..length]).unwrap_or_default();
    text.escape_debug().count() == 2
}

/// What a Go string literal stands for: `"…"` with escapes, or a raw one in backquotes
/// (`strconv.Unquote`). None if it is no such literal.
#[must_use]
pub fn unquote(literal: &str) -> Option<Text> {
    if let Some(raw) = literal.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return Some(Text::from(raw.replace('\r', "")));
    }
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        rest = unquote_next(rest, '"', &mut out)?;
    }
    Some(Text::from(out))
}

/// What a character constant stands for: `'a'`, `'\n'`, `'\u00e9'`. None if it is no such literal.
#[must_use]
pub fn unquote_char(literal: &str) -> Option<char> {
    let body = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let mut out = Vec::new();
    let rest = unquote_next(body, '\'', &mut out)?;
    if !rest.is_empty() {
        return None;
    }
    match std::str::from_utf8(&out) {
        Ok(text) => text.chars().next(),
        // `'\xff'` is the character of that number.
        Err(_) => out.first().map(|byte| char::from(*byte)),
    }
}

/// Reads one character or escape, and returns what follows it.
fn unquote_next<'a>(text: &'a str, quote: char, out: &mut Vec<u8>) -> Option<&'a str> {
    let mut letters = text.chars();
    let first = letters.next()?;
    if first != '\\' {
        if first == quote || first == '\n' {
            return None;
        }
        out.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
        return Some(letters.as_str());
    }
    let escape = letters.next()?;
    let rest = letters.as_str();
    let (digits, radix) = match escape {
        'x' => (2, 16),
        'u' => (4, 16),
        'U' => (8, 16),
        '0'..='7' => (3, 8),
        _ => {
            out.push(match escape {
                'a' => 7,
                'b' => 8,
                'f' => 12,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                'v' => 11,
                '\\' => b'\\',
                '\'' | '"' if escape == quote => escape as u8,
                _ => return None,
            });
            return Some(rest);
        }
    };
    let from = if radix == 8 { &text[1..] } else { rest };
    let code = from.get(..digits)?;
    if !code.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let number = u32::from_str_radix(code, radix).ok()?;
    if matches!(escape, 'u' | 'U') {
        out.extend_from_slice(char::from_u32(number)?.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        out.push(u8::try_from(number).ok()?);
    }
    Some(&from[digits..])
}
