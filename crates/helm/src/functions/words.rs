//! Where words begin and end: case styles and line wrapping, as goutils and xstrings do them.

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
        _ if letter.is_ascii_punctuation() => Run::Punctuation,
        _ if letter.is_uppercase() => Run::Upper,
        // Letters of scripts without capitals stand alone.
        _ if letter.is_alphabetic() && letter < '\u{3400}' => Run::Lower,
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

/// `PascalCase`: each word with a capital. Of several separators in a row one is dropped; those at
/// the start and the end stay.
pub(super) fn pascal_case(text: &str) -> String {
    let is_connector = |letter: char| run_of(letter) == Run::Connector;
    let body = text.trim_start_matches(is_connector);
    let mut out = text[..text.len() - body.len()].to_owned();
    let mut letters = body.chars();
    let Some(first) = letters.next() else {
        return out;
    };
    let mut held = one(first, first.to_uppercase());
    for letter in letters {
        let drops = is_connector(held) && !is_connector(letter);
        if !drops {
            out.push(held);
        }
        held = if drops {
            one(letter, letter.to_uppercase())
        } else {
            letter
        };
    }
    out.push(held);
    out
}

/// Breaks lines at spaces after `width` characters.
pub(super) fn wrap(text: &str, width: i64, line_break: &str, break_words: bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    let line_break = if line_break.is_empty() {
        "\n"
    } else {
        line_break
    };
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let mut out = String::new();
    let mut at = 0;
    while letters.len() - at > width {
        if letters[at] == ' ' {
            at += 1;
            continue;
        }
        let end = at + width;
        let space = (at..=end.min(letters.len() - 1))
            .rev()
            .find(|&index| letters[index] == ' ');
        match space.filter(|&space| space >= at) {
            Some(space) => {
                out.extend(&letters[at..space]);
                at = space + 1;
            }
            None if break_words => {
                out.extend(&letters[at..end]);
                at = end;
            }
            None => match (end..letters.len()).find(|&index| letters[index] == ' ') {
                Some(space) => {
                    out.extend(&letters[at..space]);
                    at = space + 1;
                }
                None => {
                    out.extend(&letters[at..]);
                    at = letters.len();
                    continue;
                }
            },
        }
        out.push_str(line_break);
    }
    out.extend(&letters[at..]);
    out
}

/// The first letters of words that are separated by white space.
pub(super) fn initials(text: &str) -> String {
    text.split_whitespace()
        .filter_map(|word| word.chars().next())
        .collect()
}

/// Shortened to `width` characters with `...` at the end, and at the start too if more than
/// `offset` are left out there.
pub(super) fn abbreviate(text: &str, offset: i64, width: i64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let length = letters.len() as i64;
    let slice = |from: i64, to: i64| -> String {
        let from = from.clamp(0, length) as usize;
        let to = to.clamp(0, length) as usize;
        letters[from.min(to)..to].iter().collect()
    };
    if width < 4 || length <= width {
        return text.to_owned();
    }
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    if offset <= 4 {
        return slice(0, width - 3) + "...";
    }
    if width < 7 {
        return text.to_owned();
    }
    if offset + width - 3 < length {
        return format!("...{}...", slice(offset, offset + width - 6));
    }
    format!("...{}", slice(length - (width - 3), length))
}

/// The letter, changed, if that is one letter again: Go knows no longer changes (`ß` stays).
fn one(letter: char, mut changed: impl Iterator<Item = char>) -> char {
    match (changed.next(), changed.next()) {
        (Some(one), None) => one,
        _ => letter,
    }
}

/// All letters small.
pub(super) fn lower(text: &str) -> String {
    text.chars()
        .map(|letter| one(letter, letter.to_lowercase()))
        .collect()
}

/// All letters capital.
pub(super) fn upper(text: &str) -> String {
    text.chars()
        .map(|letter| one(letter, letter.to_uppercase()))
        .collect()
}

/// Capital letters small and small ones capital.
pub(super) fn swap_case(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            _ if letter.is_uppercase() => one(letter, letter.to_lowercase()),
            _ if letter.is_lowercase() => one(letter, letter.to_uppercase()),
            _ => letter,
        })
        .collect()
}

/// The first letter of each word changed by `change`; a word begins after white space, and for
/// `title` also after anything that is no letter, digit, underscore or apostrophe.
pub(super) fn each_first(text: &str, title: bool, change: fn(char) -> String) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for letter in text.chars() {
        let starts = if title {
            is_title_separator(before)
        } else {
            before.is_whitespace()
        };
        if starts {
            out.push_str(&change(letter));
        } else {
            out.push(letter);
        }
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
