//! Searching by regular expressions.

use super::{HelmFunction, bytes, int, plain, text};
use crate::regexp::Regexp;
use gotmpl::Type::{Int, String as Str};
use gotmpl::value::{NIL_STRINGS, Text};
use gotmpl::{Error, List, Value};

pub(super) static TABLE: &[HelmFunction] = &[
    plain("mustRegexFind", &[Str, Str], |_, args| find(&args)),
    plain("mustRegexFindAll", &[Str, Str, Int], |_, args| {
        find_all(&args)
    }),
    plain("mustRegexMatch", &[Str, Str], |_, args| {
        Ok(compile(&args)?.is_match(bytes(&args, 1)).into())
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
            .is_ok_and(|regexp| regexp.is_match(bytes(&args, 1)))
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

fn compile(args: &[Value]) -> Result<Regexp, Error> {
    Regexp::new(&text(args, 0)).map_err(Error::new)
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

fn find(args: &[Value]) -> Result<Value, Error> {
    let found = compile(args)?;
    let found = found.find(bytes(args, 1)).unwrap_or_default();
    Ok(Text::from(found).into())
}

fn find_all(args: &[Value]) -> Result<Value, Error> {
    let text = bytes(args, 1);
    let most = usize::try_from(int(args, 2)).unwrap_or(usize::MAX);
    let found = compile(args)?.find_all(text, most);
    Ok(match found.is_empty() {
        true => List::typed(&NIL_STRINGS, Vec::new()).into(),
        false => Value::strings(found.iter().map(|(start, end)| &text[*start..*end])),
    })
}

fn replace(args: &[Value]) -> Result<Value, Error> {
    let (text, template) = (bytes(args, 1), bytes(args, 2));
    let regexp = compile(args)?;
    let replaced = regexp.replace_all(text, |out, groups| {
        regexp.expand(out, template, text, groups);
    });
    Ok(Text::from(replaced).into())
}

fn replace_literal(args: &[Value]) -> Result<Value, Error> {
    let replaced = compile(args)?.replace_all(bytes(args, 1), |out, _| {
        out.extend_from_slice(bytes(args, 2));
    });
    Ok(Text::from(replaced).into())
}

/// Go's `Regexp.Split`: at most so many parts, all if negative; a match of nothing at the very
/// start or end splits nothing off.
fn split_by(args: &[Value]) -> Result<Value, Error> {
    let regexp = compile(args)?;
    let (text, most) = (bytes(args, 1), int(args, 2));
    if most == 0 {
        return Ok(List::typed(&NIL_STRINGS, Vec::new()).into());
    }
    let count = usize::try_from(most).unwrap_or(usize::MAX);
    let mut parts: Vec<&[u8]> = Vec::new();
    if text.is_empty() && !bytes(args, 0).is_empty() {
        return Ok(Value::strings([text]));
    }
    let (mut start, mut end) = (0, 0);
    for (from, to) in regexp.find_all(text, count) {
        if parts.len() + 1 == count {
            break;
        }
        end = from;
        if to != 0 {
            parts.push(&text[start..end]);
        }
        start = to;
    }
    if end != text.len() {
        parts.push(&text[start..]);
    }
    Ok(Value::strings(parts))
}
