//! Searching by regular expressions.

use super::{HelmFunction, bytes, int, plain, text};
use crate::regexp::{Regexp, WORK_MAX};
use crate::render::Context;
use gotmpl::Type::{Int, String as Str};
use gotmpl::value::{NIL_STRINGS, Text};
use gotmpl::{Error, List, Machine, OUTPUT_MAX, STEPS_MAX, Value};

pub(super) static TABLE: &[HelmFunction] = &[
    plain("mustRegexFind", &[Str, Str], |machine, args| {
        find(machine, &args, &compile(&args)?)
    }),
    plain("mustRegexFindAll", &[Str, Str, Int], |machine, args| {
        find_all(machine, &args, &compile(&args)?)
    }),
    plain("mustRegexMatch", &[Str, Str], |machine, args| {
        is_match(machine, &args, &compile(&args)?)
    }),
    plain("mustRegexReplaceAll", &[Str, Str, Str], |machine, args| {
        replace(machine, &args, &compile(&args)?)
    }),
    plain(
        "mustRegexReplaceAllLiteral",
        &[Str, Str, Str],
        |machine, args| replace_literal(machine, &args, &compile(&args)?),
    ),
    plain("mustRegexSplit", &[Str, Str, Int], |machine, args| {
        split_by(machine, &args, &compile(&args)?)
    }),
    plain("regexFind", &[Str, Str], |machine, args| {
        find(machine, &args, &compile_or_panic(&args)?)
    }),
    plain("regexFindAll", &[Str, Str, Int], |machine, args| {
        find_all(machine, &args, &compile_or_panic(&args)?)
    }),
    plain("regexMatch", &[Str, Str], |machine, args| {
        match compile(&args) {
            Ok(regexp) => is_match(machine, &args, &regexp),
            Err(_) => Ok(false.into()),
        }
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
    plain("regexReplaceAll", &[Str, Str, Str], |machine, args| {
        replace(machine, &args, &compile_or_panic(&args)?)
    }),
    plain(
        "regexReplaceAllLiteral",
        &[Str, Str, Str],
        |machine, args| replace_literal(machine, &args, &compile_or_panic(&args)?),
    ),
    plain("regexSplit", &[Str, Str, Int], |machine, args| {
        split_by(machine, &args, &compile_or_panic(&args)?)
    }),
];

type Looking<'m> = Machine<'m, Context>;

fn compile(args: &[Value]) -> Result<Regexp, Error> {
    Regexp::new(&text(args, 0)).map_err(Error::new)
}

/// The functions without `must` panic with the pattern in Go's backquotes.
fn compile_or_panic(args: &[Value]) -> Result<Regexp, Error> {
    compile(args).map_err(|error| {
        let pattern = text(args, 0);
        let shown = match pattern.contains('`') {
            true => gotmpl::quote::quote(pattern.as_bytes()),
            false => format!("`{pattern}`"),
        };
        Error::new(format!("regexp: Compile({shown}): {}", error.message))
    })
}

/// Counts the work of a search that is over. One that was given up after [`WORK_MAX`] is more than
/// all the steps that there are.
fn charge(machine: &mut Looking<'_>, regexp: &Regexp) -> Result<(), Error> {
    const WORK_PER_STEP: u64 = WORK_MAX / STEPS_MAX;
    machine.charge(regexp.work() / WORK_PER_STEP)
}

fn is_match(machine: &mut Looking<'_>, args: &[Value], regexp: &Regexp) -> Result<Value, Error> {
    let is_match = regexp.is_match(bytes(args, 1));
    charge(machine, regexp)?;
    Ok(is_match.into())
}

fn find(machine: &mut Looking<'_>, args: &[Value], regexp: &Regexp) -> Result<Value, Error> {
    let found = regexp.find(bytes(args, 1)).unwrap_or_default();
    charge(machine, regexp)?;
    Ok(Text::from(found).into())
}

fn find_all(machine: &mut Looking<'_>, args: &[Value], regexp: &Regexp) -> Result<Value, Error> {
    let text = bytes(args, 1);
    let most = usize::try_from(int(args, 2)).unwrap_or(usize::MAX);
    let found = regexp.find_all(text, most);
    charge(machine, regexp)?;
    Ok(match found.is_empty() {
        true => List::typed(&NIL_STRINGS, Vec::new()).into(),
        false => Value::strings(found.iter().map(|(start, end)| &text[*start..*end])),
    })
}

fn replace(machine: &mut Looking<'_>, args: &[Value], regexp: &Regexp) -> Result<Value, Error> {
    let (text, template) = (bytes(args, 1), bytes(args, 2));
    let replaced = regexp.replace_all(text, OUTPUT_MAX, |out, groups| {
        regexp.expand(out, template, text, groups);
    });
    charge(machine, regexp)?;
    Ok(Text::from(replaced).into())
}

fn replace_literal(
    machine: &mut Looking<'_>,
    args: &[Value],
    regexp: &Regexp,
) -> Result<Value, Error> {
    let replaced = regexp.replace_all(bytes(args, 1), OUTPUT_MAX, |out, _| {
        out.extend_from_slice(bytes(args, 2));
    });
    charge(machine, regexp)?;
    Ok(Text::from(replaced).into())
}

/// Go's `Regexp.Split`: at most so many parts, all if negative; a match of nothing at the very
/// start or end splits nothing off.
fn split_by(machine: &mut Looking<'_>, args: &[Value], regexp: &Regexp) -> Result<Value, Error> {
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
    let found = regexp.find_all(text, count);
    charge(machine, regexp)?;
    for (from, to) in found {
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
