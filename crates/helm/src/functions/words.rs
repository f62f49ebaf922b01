//! Where words begin and end: case styles and line wrapping, as goutils and xstrings do them.

use gotmpl::Text;

/// What a run of letters is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Number,
    /// Begins with a capital.
    Upper,
    Lower,
    Connector,
    Punctuation,
    Other,
}

fn run_of(letter: char) -> Run {
    match letter {
        '-' | '_' => Run::Connector,
        _ if letter.is_whitespace() => Run::Connector,
        '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' => Run::Other,
        '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' => Run::Punctuation,
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{3001}'..='\u{3003}' => {
            Run::Punctuation
        }
        _ if letter.is_ascii_punctuation() => Run::Punctuation,
        _ if letter.is_uppercase() => Run::Upper,
        // The signs of Chinese are no words.
        '\u{3400}'..='\u{4D85}' | '\u{4E00}'..='\u{9FCC}' | '\u{20000}'..='\u{2B81D}' => Run::Other,
        _ if letter.is_alphabetic() => Run::Lower,
        _ if letter.is_numeric() => Run::Number,
        _ => Run::Other,
    }
}

/// Cuts a text into runs. Capitals before a small letter end one letter early: `HTTPServer` is
/// `HTTP` and `Server`.
fn runs(text: &str) -> Vec<(Run, &str)> {
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let kind = |at: usize| letters.get(at).map(|(_, letter)| run_of(*letter));
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(run) = kind(start) {
        let mut end = start + 1;
        let same = match (run, kind(end)) {
            (Run::Upper, Some(Run::Lower)) => Run::Lower,
            _ => run,
        };
        while kind(end) == Some(same) {
            end += 1;
        }
        if run == Run::Upper
            && same == Run::Upper
            && end > start + 1
            && kind(end) == Some(Run::Lower)
        {
            end -= 1;
        }
        let to = letters.get(end).map_or(text.len(), |(offset, _)| *offset);
        found.push((run, &text[letters[start].0..to]));
        start = end;
    }
    found
}

/// `snake_case` and `kebab-case`: words in small letters with `join` between, as xstrings has it:
/// digits go with the word that follows them.
pub(super) fn joined_words(text: &str, join: char) -> String {
    let runs = runs(text);
    let kind = |at: usize| runs.get(at).map(|(run, _)| *run);
    let mut out = String::new();
    let push = |out: &mut String, at: usize| match runs.get(at) {
        Some((Run::Connector, text)) => out.extend(text.chars().map(|_| join)),
        Some((Run::Upper, text)) => out.push_str(&lower(text)),
        Some((_, text)) => out.push_str(text),
        None => {}
    };
    let joins =
        |at: usize| kind(at).is_some_and(|run| !matches!(run, Run::Connector | Run::Punctuation));
    let mut at = 0;
    while at + 1 < runs.len() {
        push(&mut out, at);
        let before = kind(at);
        at += 1;
        let mut takes_words = before == Some(Run::Number);
        match before {
            Some(Run::Number) => {}
            Some(Run::Connector | Run::Punctuation) => continue,
            _ if kind(at) == Some(Run::Number) && at + 1 == runs.len() => continue,
            _ if kind(at) == Some(Run::Number) => {
                takes_words = kind(at + 1) == Some(Run::Lower);
                if takes_words {
                    out.push(join);
                }
                push(&mut out, at);
                at += 1;
            }
            _ => {}
        }
        while takes_words && matches!(kind(at), Some(Run::Lower | Run::Number)) {
            push(&mut out, at);
            at += 1;
        }
        if joins(at) {
            out.push(join);
        }
    }
    push(&mut out, at);
    out
}

/// `PascalCase`: each word with a capital; a word in capitals keeps only the first. Of several
/// separators in a row one is dropped; those at the start and the end stay.
pub(super) fn pascal_case(text: &str) -> String {
    let is_connector = |letter: char| run_of(letter) == Run::Connector;
    let body = text.trim_start_matches(is_connector);
    let mut out = text[..text.len() - body.len()].to_owned();
    let mut letters = body.chars();
    let Some(first) = letters.next() else {
        // xstrings writes the last one of nothing but separators twice.
        out.extend(text.chars().next_back());
        return out;
    };
    let mut in_capitals = first.is_uppercase();
    let mut held = upper_letter(first);
    for letter in letters {
        let next = match (is_connector(held), is_connector(letter)) {
            (true, true) => letter,
            (true, false) => {
                in_capitals = letter.is_uppercase();
                held = upper_letter(letter);
                continue;
            }
            (false, _) if in_capitals && letter.is_uppercase() => lower_letter(letter),
            (false, _) => {
                in_capitals = false;
                letter
            }
        };
        out.push(held);
        held = next;
    }
    out.push(held);
    out
}

/// Breaks lines at spaces after `width` bytes.
pub(super) fn wrap(text: &[u8], width: i64, line_break: &[u8], break_words: bool) -> Text {
    let line_break = if line_break.is_empty() {
        b"\n"
    } else {
        line_break
    };
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let mut out = Vec::new();
    let mut rest = text;
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let is_space = |byte: &u8| *byte == b' ';
        let space = rest[..=width]
            .iter()
            .rposition(is_space)
            .or_else(|| match break_words {
                true => None,
                false => rest[width..].iter().position(is_space).map(|at| at + width),
            });
        let (line, after) = match space {
            Some(space) => (&rest[..space], &rest[space + 1..]),
            None if break_words => rest.split_at(width),
            None => break,
        };
        out.extend_from_slice(line);
        out.extend_from_slice(line_break);
        rest = after;
    }
    out.extend_from_slice(rest);
    out.into()
}

/// goutils takes each byte for a character.
fn is_space(byte: u8) -> bool {
    char::from(byte).is_whitespace()
}

/// The first letters of words that are separated by white space.
pub(super) fn initials(text: &[u8]) -> String {
    text.split(|byte| is_space(*byte))
        .filter_map(|word| word.first().map(|byte| char::from(*byte)))
        .collect()
}

/// The text without white space; its bytes are taken for characters if there was any.
pub(super) fn without_space(text: &[u8]) -> Text {
    if !text.iter().any(|byte| is_space(*byte)) {
        return text.into();
    }
    text.iter()
        .filter(|byte| !is_space(**byte))
        .map(|byte| char::from(*byte))
        .collect::<String>()
        .into()
}

/// Shortened to `width` bytes with `...` at the end, and at the start too if more than `offset` are
/// left out there.
pub(super) fn abbreviate(text: &[u8], offset: i64, width: i64) -> Text {
    let length = text.len() as i64;
    let part = |from: i64, to: i64| {
        let from = from.clamp(0, length) as usize;
        let to = to.clamp(0, length) as usize;
        &text[from.min(to)..to]
    };
    if width < 4 || length <= width {
        return text.into();
    }
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    if offset > 4 && width < 7 {
        return text.into();
    }
    let dots = b"...".as_slice();
    let parts = match offset {
        ..=4 => [b"".as_slice(), part(0, width - 3), dots],
        _ if offset + width - 3 < length => [dots, part(offset, offset + width - 6), dots],
        _ => [dots, part(length - (width - 3), length), b""],
    };
    parts.concat().into()
}

/// The letter, changed, if that is one letter again: Go knows no longer changes (`ß` stays).
fn one(letter: char, mut changed: impl Iterator<Item = char>) -> char {
    match (changed.next(), changed.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

/// The small letter.
pub(super) fn lower_letter(letter: char) -> char {
    one(letter, letter.to_lowercase())
}

/// The capital letter.
fn upper_letter(letter: char) -> char {
    one(letter, letter.to_uppercase())
}

/// The letter as a title has it: the capital one, but of Georgian, and of letters that are two in
/// one.
pub(super) fn title_letter(letter: char) -> char {
    match letter {
        '\u{10D0}'..='\u{10FF}' => letter,
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        _ => upper_letter(letter),
    }
}

/// All letters small.
pub(super) fn lower(text: &str) -> String {
    text.chars().map(lower_letter).collect()
}

/// All letters capital.
pub(super) fn upper(text: &str) -> String {
    text.chars().map(upper_letter).collect()
}

/// Capital letters small and small ones capital; at the start of a word as titles have them.
pub(super) fn swap_case(text: &str) -> String {
    let mut at_start = true;
    let swap = |letter: char| {
        let was_at_start = std::mem::take(&mut at_start);
        match letter {
            'ǅ' | 'ǈ' | 'ǋ' | 'ǲ' => lower_letter(letter),
            _ if letter.is_uppercase() => lower_letter(letter),
            _ if letter.is_lowercase() && was_at_start => title_letter(letter),
            _ if letter.is_lowercase() => upper_letter(letter),
            _ => {
                at_start = letter.is_whitespace();
                letter
            }
        }
    };
    text.chars().map(swap).collect()
}

/// The first letter of each word changed by `change`; a word begins after white space, and for
/// `title` also after anything that is no letter, digit, underscore or apostrophe.
pub(super) fn each_first(text: &str, title: bool, change: fn(char) -> char) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for letter in text.chars() {
        let starts = if title {
            is_title_separator(before)
        } else {
            before.is_whitespace()
        };
        out.push(if starts { change(letter) } else { letter });
        before = letter;
    }
    out
}

/// Go's `strings.isSeparator`.
fn is_title_separator(letter: char) -> bool {
    if letter.is_ascii() {
        return !(letter.is_ascii_alphanumeric() || letter == '_');
    }
    if letter.is_alphanumeric() {
        return false;
    }
    letter.is_whitespace()
}
