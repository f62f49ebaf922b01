//! Regular expressions as Go's `regexp` has them: its syntax (RE2), its errors and its way to look for
//! the next match. Time is bounded: it grows with the length of the text, never with a power of it.
//!
//! Of the Unicode classes (`\p{…}`) the common ones are known, see [`class`].

mod class;
mod parse;
mod program;

use program::{Program, decode};

pub(crate) use program::WORK_MAX;

/// How long a text may become by replacing.
const REPLACED_MAX: usize = 1 << 20;

/// Whether a pattern matches anywhere in a text.
///
/// # Errors
/// What is wrong with the pattern, in Go's words.
pub fn is_match(pattern: &str, text: &str) -> Result<bool, String> {
    Ok(Regexp::new(pattern)?.is_match(text.as_bytes()))
}

/// A text with its first match, or all of them, replaced by a template in which `${1}` stands for what
/// the first group matched.
///
/// # Errors
/// What is wrong with the pattern, in Go's words.
pub fn replace(pattern: &str, text: &str, template: &str, is_all: bool) -> Result<String, String> {
    let regexp = Regexp::new(pattern)?;
    let mut is_done = false;
    let mut text = text.as_bytes();
    let whole = text;
    if !is_all {
        // What lies behind the first match stays as it is.
        let end = regexp.find_all(text, 1).first().map_or(0, |(_, end)| *end);
        text = &text[..end];
    }
    let mut out = regexp.replace_all(text, REPLACED_MAX, |out, groups| {
        if is_all || !is_done {
            regexp.expand(out, template.as_bytes(), text, groups);
        }
        is_done = true;
    });
    out.extend_from_slice(&whole[text.len()..]);
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// A pattern that is ready to be looked for.
#[derive(Debug)]
pub(crate) struct Regexp {
    program: Program,
}

/// Where the groups of a match begin and end; the whole match is the first.
pub(crate) type Groups = Vec<Option<usize>>;

impl Regexp {
    /// Reads a pattern. The error is Go's: `error parsing regexp: …`.
    pub fn new(pattern: &str) -> Result<Regexp, String> {
        let parsed = parse::parse(pattern)
            .and_then(|parsed| Program::new(&parsed).ok_or(("expression too large", "")));
        match parsed {
            Ok(program) => Ok(Regexp { program }),
            Err((what, place)) => Err(format!("error parsing regexp: {what}: `{place}`")),
        }
    }

    /// What the last search took, in threads looked at. More than [`WORK_MAX`] means that it was given
    /// up, and what it found is not all.
    pub fn work(&self) -> u64 {
        self.program.work.get()
    }

    /// Whether there is a match anywhere.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.program.work.set(0);
        self.program.find(text, 0).is_some()
    }

    /// The first match.
    pub fn find<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        self.program.work.set(0);
        let found = self.program.find(text, 0)?;
        Some(&text[found[0]?..found[1]?])
    }

    /// Begin and end of the first `most` matches. A match of nothing right after another does not count.
    pub fn find_all(&self, text: &[u8], most: usize) -> Vec<(usize, usize)> {
        self.program.work.set(0);
        let mut all = Vec::new();
        let (mut at, mut last_end) = (0, None);
        while all.len() < most && at <= text.len() {
            let Some((start, end)) = whole(self.program.find(text, at)) else {
                break;
            };
            let is_new = end != at || Some(start) != last_end;
            at = if end == at {
                at + decode(text, at).map_or(1, |(_, length)| length)
            } else {
                end
            };
            last_end = Some(end);
            if is_new {
                all.push((start, end));
            }
        }
        all
    }

    /// The text with every match replaced by what `replacement` makes of its groups; cut off once it
    /// is longer than `longest` bytes.
    pub fn replace_all(
        &self,
        text: &[u8],
        longest: usize,
        mut replacement: impl FnMut(&mut Vec<u8>, &Groups),
    ) -> Vec<u8> {
        self.program.work.set(0);
        let mut out = Vec::new();
        let (mut last_end, mut at) = (0, 0);
        while at <= text.len() && out.len() <= longest {
            let Some(groups) = self.program.find(text, at) else {
                break;
            };
            let Some((start, end)) = whole(Some(groups.clone())) else {
                break;
            };
            out.extend_from_slice(&text[last_end..start]);
            if end > last_end || start == 0 {
                replacement(&mut out, &groups);
            }
            last_end = end;
            let next = at + decode(text, at).map_or(1, |(_, length)| length);
            at = next.max(end);
        }
        out.extend_from_slice(&text[last_end..]);
        out
    }

    /// Writes a template in which `$1` and `${name}` stand for groups.
    pub fn expand(&self, out: &mut Vec<u8>, template: &[u8], text: &[u8], groups: &Groups) {
        let mut rest = template;
        while let Some(dollar) = rest.iter().position(|byte| *byte == b'$') {
            out.extend_from_slice(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(after) = rest.strip_prefix(b"$") {
                out.push(b'$');
                rest = after;
                continue;
            }
            let Some((name, after)) = group_name(rest) else {
                out.push(b'$');
                continue;
            };
            rest = after;
            let group = match group_number(name) {
                Some(number) => span(groups, number),
                None => (0..self.program.names.len())
                    .filter(|number| self.program.names[*number].as_bytes() == name)
                    .find_map(|number| span(groups, number)),
            };
            if let Some((start, end)) = group {
                out.extend_from_slice(&text[start..end]);
            }
        }
        out.extend_from_slice(rest);
    }
}

fn whole(groups: Option<Groups>) -> Option<(usize, usize)> {
    span(&groups?, 0)
}

fn span(groups: &Groups, number: usize) -> Option<(usize, usize)> {
    let at = number.checked_mul(2)?;
    Some(((*groups.get(at)?)?, (*groups.get(at + 1)?)?))
}

/// The name at the start of what follows a `$`, in braces or not, and the rest.
fn group_name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let body = text.strip_prefix(b"{").unwrap_or(text);
    let mut end = 0;
    while let Some((letter, length)) = decode(body, end) {
        if !(letter.is_alphanumeric() || letter == '_') {
            break;
        }
        end += length;
    }
    let (name, rest) = body.split_at(end);
    if name.is_empty() {
        return None;
    }
    match body.len() == text.len() {
        true => Some((name, rest)),
        false => Some((name, rest.strip_prefix(b"}")?)),
    }
}

/// The number that a name is; one with a leading zero is none.
fn group_number(name: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(name).ok()?;
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = text == "0" || !text.starts_with('0');
    (is_number && is_plain).then(|| text.parse().unwrap_or(usize::MAX))
}
