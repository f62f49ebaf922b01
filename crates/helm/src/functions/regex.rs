//! Regular expressions, in the syntax of Go's RE2 as far as regex-lite has it.

use super::strings::split;
use super::{HelmFunction, fault, int, plain, text};
use gotmpl::Type::{Int, String as Str};
use gotmpl::{Error, Value};
use regex_lite::{NoExpand, Regex};

pub(super) static TABLE: &[HelmFunction] = &[
    plain("mustRegexFind", &[Str, Str], |_, args| find(&args)),
    plain("mustRegexFindAll", &[Str, Str, Int], |_, args| {
        find_all(&args)
    }),
    plain("mustRegexMatch", &[Str, Str], |_, args| {
        Ok(compile(&args)?.is_match(&text(&args, 1)).into())
    }),
    plain("mustRegexReplaceAll", &[Str, Str, Str], |_, args| {
        replace(&args)
    }),
    plain("mustRegexReplaceAllLiteral", &[Str, Str, Str], |_, args| {
        replace_literal(&args)
    }),
    plain("mustRegexSplit", &[Str, Str, Int], |_, args| {
        split_by(&args)
    }),
    plain("regexFind", &[Str, Str], |_, args| {
        find(&args).map_err(|e| panicking(e, &args))
    }),
    plain("regexFindAll", &[Str, Str, Int], |_, args| {
        find_all(&args).map_err(|e| panicking(e, &args))
    }),
    plain("regexMatch", &[Str, Str], |_, args| {
        Ok(compile(&args)
            .is_ok_and(|regex| regex.is_match(&text(&args, 1)))
            .into())
    }),
    plain("regexQuoteMeta", &[Str], |_, args| {
        let mut out = String::new();
        for letter in text(&args, 0).chars() {
            if "\\.+*?()|[]{}^$".contains(letter) {
                out.push('\\');
            }
            out.push(letter);
        }
        Ok(out.into())
    }),
    plain("regexReplaceAll", &[Str, Str, Str], |_, args| {
        replace(&args).map_err(|e| panicking(e, &args))
    }),
    plain("regexReplaceAllLiteral", &[Str, Str, Str], |_, args| {
        replace_literal(&args).map_err(|e| panicking(e, &args))
    }),
    plain("regexSplit", &[Str, Str, Int], |_, args| {
        split_by(&args).map_err(|e| panicking(e, &args))
    }),
];

fn compile(args: &[Value]) -> Result<Regex, Error> {
    let pattern = text(args, 0);
    match Regex::new(&with_plain_hyphens(&pattern)) {
        Ok(regex) => Ok(regex),
        Err(_) => fault(format!("error parsing regexp: {}", syntax_error(&pattern))),
    }
}

/// A pattern; none if it is wrong.
pub(crate) fn compile_pattern(pattern: &str) -> Option<Regex> {
    Regex::new(&with_plain_hyphens(pattern)).ok()
}

/// In a class, Go takes a hyphen beside `\w` and kin for itself; regex-lite wants it escaped.
fn with_plain_hyphens(pattern: &str) -> String {
    let mut out = String::new();
    let (mut in_class, mut after_set) = (false, false);
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let next = letters.next().unwrap_or('\\');
                after_set = matches!(next, 'w' | 'W' | 'd' | 'D' | 's' | 'S');
                out.push('\\');
                out.push(next);
                continue;
            }
            '[' if !in_class => in_class = true,
            ']' if !out.ends_with('[') => in_class = false,
            '-' if in_class && (after_set || letters.peek() == Some(&'\\')) => out.push('\\'),
            _ => {}
        }
        out.push(letter);
        after_set = false;
    }
    out
}

/// The functions without `must` panic with the pattern in Go's backquotes.
fn panicking(error: Error, args: &[Value]) -> Error {
    let pattern = text(args, 0);
    let shown = match pattern.contains('`') {
        true => gotmpl::quote::quote(pattern.as_bytes()),
        false => format!("`{pattern}`"),
    };
    Error::new(format!("regexp: Compile({shown}): {}", error.message))
}

/// What Go finds wrong with a pattern.
fn syntax_error(pattern: &str) -> String {
    let (mut groups, mut escaped) = (0i32, false);
    let mut class: Option<usize> = None;
    let mut repeatable = false;
    for (at, letter) in pattern.char_indices() {
        if escaped {
            escaped = false;
            repeatable = true;
            if letter.is_ascii_alphabetic() && !"abfnrtvxpPdDsSwWAzBQEC".contains(letter) {
                return format!("invalid escape sequence: `\\{letter}`");
            }
            continue;
        }
        match (letter, class) {
            ('\\', _) => escaped = true,
            ('[', None) => class = Some(at),
            (']', Some(start)) if at > start + 1 => {
                class = None;
                repeatable = true;
            }
            (_, Some(_)) => {}
            ('(', None) => {
                groups += 1;
                repeatable = false;
                let rest = &pattern[at..];
                if ["(?=", "(?!", "(?<=", "(?<!"]
                    .iter()
                    .any(|look| rest.starts_with(look))
                {
                    let shown: String = rest.chars().take(3).collect();
                    return format!("invalid or unsupported Perl syntax: `{shown}`");
                }
            }
            (')', None) => {
                groups -= 1;
                if groups < 0 {
                    return format!("unexpected ): `{pattern}`");
                }
                repeatable = true;
            }
            ('*' | '+' | '?', None) if !repeatable && !pattern[..at].ends_with('(') => {
                return format!("missing argument to repetition operator: `{letter}`");
            }
            ('|', None) => repeatable = false,
            _ => repeatable = true,
        }
    }
    if escaped {
        return "trailing backslash at end of expression: ``".to_owned();
    }
    if let Some(start) = class {
        return format!("missing closing ]: `{}`", &pattern[start..]);
    }
    format!("missing closing ): `{pattern}`")
}

fn find(args: &[Value]) -> Result<Value, Error> {
    let text = text(args, 1);
    Ok(compile(args)?
        .find(&text)
        .map_or("", |found| found.as_str())
        .into())
}

fn find_all(args: &[Value]) -> Result<Value, Error> {
    let text = text(args, 1);
    let most = usize::try_from(int(args, 2)).unwrap_or(usize::MAX);
    let regex = compile(args)?;
    let found: Vec<&str> = regex
        .find_iter(&text)
        .take(most)
        .map(|found| found.as_str())
        .collect();
    Ok(Value::strings(found))
}

fn replace(args: &[Value]) -> Result<Value, Error> {
    let replacement = text(args, 2);
    Ok(compile(args)?
        .replace_all(&text(args, 1), replacement.as_ref())
        .into_owned()
        .into())
}

fn replace_literal(args: &[Value]) -> Result<Value, Error> {
    let replacement = text(args, 2);
    let regex = compile(args)?;
    Ok(regex
        .replace_all(&text(args, 1), NoExpand(&replacement))
        .into_owned()
        .into())
}

/// Go's `Regexp.Split`: at most so many parts, all if negative; a match of nothing at the very
/// start or end splits nothing off.
fn split_by(args: &[Value]) -> Result<Value, Error> {
    let regex = compile(args)?;
    let (subject, most) = (text(args, 1), int(args, 2));
    if most == 0 {
        return Ok(Value::strings(Vec::<&str>::new()));
    }
    if text(args, 0).is_empty() {
        return Ok(Value::strings(split(subject.as_bytes(), b"", most)));
    }
    let mut parts: Vec<&str> = Vec::new();
    let (mut start, mut end) = (0, 0);
    for found in regex.find_iter(&subject) {
        if most > 0 && parts.len() as i64 == most - 1 {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(&subject[start..end]);
        }
        start = found.end();
    }
    if end != subject.len() || subject.is_empty() {
        parts.push(&subject[start..]);
    }
    Ok(Value::strings(parts))
}
