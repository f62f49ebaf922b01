//! Texts.

use super::words;
use super::{
    HelmFunction, arg, bytes, check_size, deep, deep_variadic, fault, int, plain, string_of,
    strings_of, text,
};
use gotmpl::Type::{Any, Int, String as Str};
use gotmpl::value::{STRING_MAP, Text};
use gotmpl::{Error, Map, Value};

/// How long a text made by repeating may be, in bytes.
const REPEAT_MAX: usize = 1 << 20;
/// How many spaces may go before a line.
const INDENT_MAX: i64 = 1 << 16;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("abbrev", &[Int, Str], |_, args| {
        Ok(words::abbreviate(bytes(&args, 1), 0, int(&args, 0)).into())
    }),
    plain("abbrevboth", &[Int, Int, Str], |_, args| {
        let (left, right) = (int(&args, 0), int(&args, 1));
        if right < 4 || (left > 0 && right < 7) {
            return Ok(arg(&args, 2));
        }
        Ok(words::abbreviate(bytes(&args, 2), left, right).into())
    }),
    plain("camelcase", &[Str], |_, args| {
        Ok(words::pascal_case(&text(&args, 0)).into())
    }),
    deep_variadic("cat", &[Any], |_, args| {
        let shown: Vec<Vec<u8>> = args
            .iter()
            .filter(|value| !value.is_nil())
            .map(|value| gotmpl::print::to_text(value).as_bytes().to_vec())
            .collect();
        Ok(Text::from(shown.join(&b' ')).into())
    }),
    plain("contains", &[Str, Str], |_, args| {
        Ok(find(bytes(&args, 1), bytes(&args, 0)).is_some().into())
    }),
    plain("hasPrefix", &[Str, Str], |_, args| {
        Ok(bytes(&args, 1).starts_with(bytes(&args, 0)).into())
    }),
    plain("hasSuffix", &[Str, Str], |_, args| {
        Ok(bytes(&args, 1).ends_with(bytes(&args, 0)).into())
    }),
    plain("indent", &[Int, Str], |_, args| {
        indent(&args).map(Value::from)
    }),
    plain("initials", &[Str], |_, args| {
        Ok(words::initials(bytes(&args, 0)).into())
    }),
    deep("join", &[Str, Any], |_, args| {
        let texts = strings_of(&arg(&args, 1));
        let parts: Vec<&[u8]> = texts.iter().map(Text::as_bytes).collect();
        let between = bytes(&args, 0).len().saturating_mul(parts.len());
        check_size(between.saturating_add(parts.iter().map(|part| part.len()).sum()))?;
        Ok(Text::from(parts.join(bytes(&args, 0))).into())
    }),
    plain("kebabcase", &[Str], |_, args| {
        Ok(words::joined_words(&text(&args, 0), '-').into())
    }),
    plain("lower", &[Str], |_, args| {
        Ok(words::lower(&text(&args, 0)).into())
    }),
    plain("nindent", &[Int, Str], |_, args| {
        let mut out = b"\n".to_vec();
        out.extend_from_slice(indent(&args)?.as_bytes());
        Ok(Text::from(out).into())
    }),
    plain("nospace", &[Str], |_, args| {
        Ok(words::without_space(bytes(&args, 0)).into())
    }),
    plain("plural", &[Str, Str, Int], |_, args| {
        Ok(arg(&args, usize::from(int(&args, 2) != 1)))
    }),
    deep_variadic("quote", &[Any], |_, args| {
        let quoted: Vec<String> = args
            .iter()
            .filter(|value| !value.is_nil())
            .map(|value| gotmpl::quote::quote(string_of(value).as_bytes()))
            .collect();
        Ok(quoted.join(" ").into())
    }),
    plain("repeat", &[Int, Str], |_, args| {
        let (count, unit) = (int(&args, 0), bytes(&args, 1));
        let Ok(count) = usize::try_from(count) else {
            return fault("strings: negative Repeat count");
        };
        if i64::try_from(count.saturating_mul(unit.len())).is_err() {
            return fault("strings: Repeat output length overflow");
        }
        if count.saturating_mul(unit.len()) > REPEAT_MAX {
            return fault(format!("repeat makes more than {REPEAT_MAX} bytes"));
        }
        Ok(Text::from(unit.repeat(count)).into())
    }),
    plain("replace", &[Str, Str, Str], |_, args| {
        let made = replace(bytes(&args, 2), bytes(&args, 0), bytes(&args, 1))?;
        Ok(Text::from(made).into())
    }),
    plain("snakecase", &[Str], |_, args| {
        Ok(words::joined_words(&text(&args, 0), '_').into())
    }),
    deep("sortAlpha", &[Any], |_, args| {
        let value = arg(&args, 0);
        let mut texts = strings_of(&value);
        if value.elements().is_some() {
            lean::sort(&mut texts);
        } else {
            texts = vec![string_of(&value)];
        }
        Ok(Value::strings(texts))
    }),
    plain("split", &[Str, Str], |_, args| {
        Ok(numbered(split(bytes(&args, 1), bytes(&args, 0), -1)))
    }),
    plain("splitList", &[Str, Str], |_, args| {
        Ok(Value::strings(split(bytes(&args, 1), bytes(&args, 0), -1)))
    }),
    plain("splitn", &[Str, Int, Str], |_, args| {
        Ok(numbered(split(
            bytes(&args, 2),
            bytes(&args, 0),
            int(&args, 1),
        )))
    }),
    deep_variadic("squote", &[Any], |_, args| {
        let quoted: Vec<String> = args
            .iter()
            .filter(|value| !value.is_nil())
            .map(|value| format!("'{}'", gotmpl::print::to_text(value).to_str()))
            .collect();
        Ok(quoted.join(" ").into())
    }),
    plain("substr", &[Int, Int, Str], |_, args| {
        let text = bytes(&args, 2);
        let (start, end, length) = (int(&args, 0), int(&args, 1), text.len() as i64);
        if start < 0 {
            return cut(text, 0, end);
        }
        cut(
            text,
            start,
            if end < 0 || end > length { length } else { end },
        )
    }),
    plain("swapcase", &[Str], |_, args| {
        Ok(words::swap_case(&text(&args, 0)).into())
    }),
    plain("title", &[Str], |_, args| {
        Ok(words::each_first(&text(&args, 0), true, words::title_letter).into())
    }),
    deep("toString", &[Any], |_, args| {
        Ok(string_of(&arg(&args, 0)).into())
    }),
    deep("toStrings", &[Any], |_, args| {
        Ok(Value::strings(strings_of(&arg(&args, 0))))
    }),
    plain("trim", &[Str], |_, args| Ok(text(&args, 0).trim().into())),
    plain("trimAll", &[Str, Str], |_, args| {
        Ok(trim_all(&text(&args, 1), &text(&args, 0)))
    }),
    plain("trimall", &[Str, Str], |_, args| {
        Ok(trim_all(&text(&args, 1), &text(&args, 0)))
    }),
    plain("trimPrefix", &[Str, Str], |_, args| {
        let (prefix, text) = (bytes(&args, 0), bytes(&args, 1));
        Ok(Text::from(text.strip_prefix(prefix).unwrap_or(text)).into())
    }),
    plain("trimSuffix", &[Str, Str], |_, args| {
        let (suffix, text) = (bytes(&args, 0), bytes(&args, 1));
        Ok(Text::from(text.strip_suffix(suffix).unwrap_or(text)).into())
    }),
    plain("trunc", &[Int, Str], |_, args| {
        let (count, text) = (int(&args, 0), bytes(&args, 1));
        let length = text.len() as i64;
        let part = match count {
            _ if count < 0 && length + count > 0 => &text[(length + count) as usize..],
            _ if count >= 0 && length > count => &text[..count as usize],
            _ => text,
        };
        Ok(Text::from(part).into())
    }),
    plain("untitle", &[Str], |_, args| {
        Ok(words::each_first(&text(&args, 0), false, words::lower_letter).into())
    }),
    plain("upper", &[Str], |_, args| {
        Ok(words::upper(&text(&args, 0)).into())
    }),
    plain("wrap", &[Int, Str], |_, args| {
        Ok(words::wrap(bytes(&args, 1), int(&args, 0), b"", false).into())
    }),
    plain("wrapWith", &[Int, Str, Str], |_, args| {
        let (text, line_break) = (bytes(&args, 2), bytes(&args, 1));
        check_size(text.len().saturating_mul(line_break.len()))?;
        Ok(words::wrap(text, int(&args, 0), line_break, true).into())
    }),
];

fn trim_all(text: &str, cutset: &str) -> Value {
    text.trim_matches(|letter| cutset.contains(letter)).into()
}

/// `indent WIDTH TEXT` puts WIDTH spaces before every line, blank ones included.
fn indent(args: &[Value]) -> Result<Text, Error> {
    let width = int(args, 0);
    if width < 0 {
        return fault("strings: negative Repeat count");
    }
    if width > INDENT_MAX {
        return fault(format!("cannot indent by more than {INDENT_MAX} spaces"));
    }
    let pad = vec![b' '; width as usize];
    let mut out = pad.clone();
    for byte in bytes(args, 1) {
        out.push(*byte);
        if *byte == b'\n' {
            out.extend_from_slice(&pad);
        }
        check_size(out.len())?;
    }
    Ok(Text::from(out))
}

/// `text[from..to]` with Go's panic where that is out of bounds.
fn cut(text: &[u8], from: i64, to: i64) -> Result<Value, Error> {
    let length = text.len() as i64;
    if to < 0 || to > length {
        let bound = if to < 0 {
            format!(":{to}]")
        } else {
            format!(":{to}] with length {length}")
        };
        return fault(format!("runtime error: slice bounds out of range [{bound}"));
    }
    if from > to {
        return fault(match from > length && to == length {
            true => format!("runtime error: slice bounds out of range [{from}:{length}]"),
            false => format!("runtime error: slice bounds out of range [{from}:{to}]"),
        });
    }
    Ok(Text::from(&text[from as usize..to as usize]).into())
}

/// Where `part` first stands in `text`.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    text.windows(part.len()).position(|window| window == part)
}

fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = match old.is_empty() {
            true => Some(0),
            false => find(rest, old),
        };
        let Some(at) = found else {
            out.extend_from_slice(rest);
            return Ok(out);
        };
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        check_size(out.len())?;
        rest = &rest[at + old.len()..];
        if old.is_empty() {
            // Between any two characters.
            let Some(end) = char_end(rest) else {
                return Ok(out);
            };
            let (letter, after) = rest.split_at(end);
            out.extend_from_slice(String::from_utf8_lossy(letter).as_bytes());
            rest = after;
        }
    }
}

/// Go's `strings.SplitN`: at most `most` parts, all if it is negative.
pub(super) fn split(text: &[u8], separator: &[u8], most: i64) -> Vec<Text> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    if most == 0 {
        return parts;
    }
    let mut rest = text;
    while parts.len() + 1 < most {
        let end = match separator.is_empty() {
            true => char_end(rest).filter(|end| *end < rest.len()),
            false => find(rest, separator),
        };
        let Some(end) = end else {
            break;
        };
        parts.push(Text::from(&rest[..end]));
        rest = &rest[end + separator.len()..];
    }
    if !(separator.is_empty() && rest.is_empty()) {
        parts.push(Text::from(rest));
    }
    parts
}

/// The end of the first character.
fn char_end(text: &[u8]) -> Option<usize> {
    let chunk = text[..text.len().min(4)].utf8_chunks().next()?;
    Some(chunk.valid().chars().next().map_or(1, char::len_utf8))
}

/// `{"_0": …, "_1": …}`
fn numbered(parts: Vec<Text>) -> Value {
    let map = Map::of(&STRING_MAP);
    for (at, part) in parts.into_iter().enumerate() {
        map.insert(format!("_{at}"), part);
    }
    Value::Map(map)
}
