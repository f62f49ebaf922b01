//! Where words begin and end: case styles and line wrapping, as goutils and xstrings do them.

/// `snake_case` and `kebab-case`: words in small letters with `join` between.
pub(super) fn joined_words(text: &str, join: char) -> String {
    let mut out = String::new();
    let letters: Vec<char> = text.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let next = letters.get(at + 1).copied();
        if is_separator(letter) {
            out.push(join);
            continue;
        }
        if starts_word(before, letter, next) && !out.is_empty() && !out.ends_with(join) {
            out.push(join);
        }
        out.extend(letter.to_lowercase());
    }
    out
}

fn is_separator(letter: char) -> bool {
    letter == '_' || letter == '-' || letter.is_whitespace()
}

/// Whether a new word begins here by a change of case or from letters to digits.
fn starts_word(before: Option<char>, letter: char, next: Option<char>) -> bool {
    let Some(before) = before else {
        return false;
    };
    if is_separator(before) {
        return false;
    }
    let lower_next = next.is_some_and(char::is_lowercase);
    match letter {
        _ if letter.is_uppercase() => !before.is_uppercase() || lower_next,
        _ if letter.is_numeric() => !before.is_numeric() && !before.is_uppercase(),
        _ => before.is_numeric() && letter.is_alphabetic() && letter.is_uppercase(),
    }
}

/// `PascalCase`: each word with a capital, separators gone; those at the start stay.
pub(super) fn pascal_case(text: &str) -> String {
    let body = text.trim_start_matches(is_connector);
    let lead = &text[..text.len() - body.len()];
    let mut out = String::from(lead);
    let mut capital = true;
    let mut pending = String::new();
    for letter in body.chars() {
        if is_connector(letter) {
            pending.push(letter);
            capital = true;
        } else if capital {
            pending.clear();
            out.extend(letter.to_uppercase());
            capital = false;
        } else {
            out.push(letter);
        }
    }
    out + &pending
}

fn is_connector(letter: char) -> bool {
    matches!(letter, '-' | '_' | ' ')
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
