//! The syntax, as Go's `regexp/syntax/parse.go` reads it.

use super::class::{self, Class};

/// What is wrong, in Go's words, and the part of the pattern that it is about.
pub(super) type Wrong<'p> = (&'static str, &'p str);
type Parse<'p, T> = Result<T, Wrong<'p>>;

/// How deep groups may nest.
const DEPTH_MAX: usize = 330;
/// How often something may be repeated by numbers, all numbers inside one another multiplied.
const REPEAT_MAX: u32 = 1000;

/// A parsed pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    pub node: Node,
    /// The names of the groups, that of the whole pattern first; empty if there is none.
    pub names: Vec<String>,
}

/// A part of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Letter {
        letter: char,
        folds: bool,
    },
    Class(Class),
    /// Any character, or any but a line break.
    Any {
        line_breaks: bool,
    },
    Assert(Assertion),
    Group(usize, Box<Node>),
    /// One after the other.
    All(Vec<Node>),
    /// The first of them that does.
    Either(Vec<Node>),
    Repeat {
        node: Box<Node>,
        least: u32,
        most: Option<u32>,
        greedy: bool,
    },
}

/// What must hold between two characters.
#[derive(Clone, Copy, Debug)]
pub(super) enum Assertion {
    LineStart,
    LineEnd,
    TextStart,
    TextEnd,
    WordBoundary,
    NoWordBoundary,
}

#[derive(Clone, Copy)]
struct Flags {
    folds: bool,
    /// `^` and `$` are of lines.
    lines: bool,
    dot_is_any: bool,
    lazy: bool,
}

/// What has been read of a group that is not closed.
struct Open {
    /// The number of the group, if it is counted.
    number: Option<usize>,
    flags: Flags,
    either: Vec<Node>,
    all: Vec<Node>,
}

impl Open {
    fn close(mut self) -> Node {
        let last = Node::All(self.all);
        let node = match self.either.is_empty() {
            true => last,
            false => {
                self.either.push(last);
                Node::Either(self.either)
            }
        };
        match self.number {
            Some(number) => Node::Group(number, Box::new(node)),
            None => node,
        }
    }
}

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Parse<'_, Pattern> {
    let flags = Flags {
        folds: false,
        lines: false,
        dot_is_any: false,
        lazy: false,
    };
    let mut parser = Parser {
        flags,
        names: vec![String::new()],
        outer: Vec::new(),
        open: open(None, flags),
    };
    let (mut rest, mut last_repeat) = (pattern, "");
    while !rest.is_empty() {
        let before = rest;
        let is_repeat = parser.next(pattern, &mut rest, last_repeat)?;
        last_repeat = if is_repeat { before } else { "" };
    }
    if !parser.outer.is_empty() {
        return Err(("missing closing )", pattern));
    }
    Ok(Pattern {
        node: parser.open.close(),
        names: parser.names,
    })
}

fn open(number: Option<usize>, flags: Flags) -> Open {
    Open {
        number,
        flags,
        either: Vec::new(),
        all: Vec::new(),
    }
}

struct Parser {
    flags: Flags,
    names: Vec<String>,
    outer: Vec<Open>,
    open: Open,
}

/// The part of `from` that is no longer in `rest`.
fn until<'p>(from: &'p str, rest: &str) -> &'p str {
    &from[..from.len() - rest.len()]
}

fn first(text: &str) -> char {
    text.chars().next().unwrap_or('\0')
}

fn skip(text: &mut &str, bytes: usize) {
    *text = &text[bytes..];
}

impl Parser {
    /// Reads the next part; gives whether it was a repetition.
    fn next<'p>(
        &mut self,
        pattern: &'p str,
        rest: &mut &'p str,
        last_repeat: &'p str,
    ) -> Parse<'p, bool> {
        let before = *rest;
        let letter = first(before);
        let (least, most) = match letter {
            '*' => (0, None),
            '+' => (1, None),
            '?' => (0, Some(1)),
            '{' => match counts(&before[1..]) {
                Some((least, most, after)) => {
                    let is_ordered = most.is_none_or(|most| least <= most && most <= REPEAT_MAX);
                    if least > REPEAT_MAX || !is_ordered {
                        return Err(("invalid repeat count", until(before, after)));
                    }
                    *rest = after;
                    return self.repeat(before, rest, last_repeat, least, most);
                }
                None => {
                    self.letter('{');
                    skip(rest, 1);
                    return Ok(false);
                }
            },
            _ => {
                self.part(pattern, rest, letter)?;
                return Ok(false);
            }
        };
        skip(rest, 1);
        self.repeat(before, rest, last_repeat, least, most)
    }

    fn part<'p>(&mut self, pattern: &'p str, rest: &mut &'p str, letter: char) -> Parse<'p, ()> {
        match letter {
            '(' if rest.starts_with("(?") => return self.special_group(rest),
            '(' => {
                self.names.push(String::new());
                self.open_group(pattern, Some(self.names.len() - 1))?;
            }
            ')' => {
                let Some(outer) = self.outer.pop() else {
                    return Err(("unexpected )", pattern));
                };
                let inner = std::mem::replace(&mut self.open, outer);
                self.flags = inner.flags;
                self.open.all.push(inner.close());
            }
            '|' => {
                let all = std::mem::take(&mut self.open.all);
                self.open.either.push(Node::All(all));
            }
            '^' => self.assert(match self.flags.lines {
                true => Assertion::LineStart,
                false => Assertion::TextStart,
            }),
            '$' => self.assert(match self.flags.lines {
                true => Assertion::LineEnd,
                false => Assertion::TextEnd,
            }),
            '.' => {
                let line_breaks = self.flags.dot_is_any;
                self.open.all.push(Node::Any { line_breaks });
            }
            '[' => return self.class(rest),
            '\\' => return self.escape(rest),
            letter => self.letter(letter),
        }
        skip(rest, letter.len_utf8());
        Ok(())
    }

    fn letter(&mut self, letter: char) {
        let folds = self.flags.folds;
        self.open.all.push(Node::Letter { letter, folds });
    }

    fn assert(&mut self, assertion: Assertion) {
        self.open.all.push(Node::Assert(assertion));
    }

    fn open_group<'p>(&mut self, pattern: &'p str, number: Option<usize>) -> Parse<'p, ()> {
        if self.outer.len() > DEPTH_MAX {
            return Err(("expression nests too deeply", pattern));
        }
        let outer = std::mem::replace(&mut self.open, open(number, self.flags));
        self.outer.push(outer);
        Ok(())
    }

    fn repeat<'p>(
        &mut self,
        before: &'p str,
        rest: &mut &'p str,
        last_repeat: &'p str,
        least: u32,
        most: Option<u32>,
    ) -> Parse<'p, bool> {
        let lazy = match rest.strip_prefix('?') {
            Some(after) => {
                *rest = after;
                !self.flags.lazy
            }
            None => self.flags.lazy,
        };
        if !last_repeat.is_empty() {
            return Err((
                "invalid nested repetition operator",
                until(last_repeat, rest),
            ));
        }
        let written = until(before, rest);
        let Some(node) = self.open.all.pop() else {
            return Err(("missing argument to repetition operator", written));
        };
        let node = Node::Repeat {
            node: Box::new(node),
            least,
            most,
            greedy: !lazy,
        };
        if before.starts_with('{')
            && (least >= 2 || most.is_some_and(|most| most >= 2))
            && !is_few(&node, REPEAT_MAX)
        {
            return Err(("invalid repeat count", written));
        }
        self.open.all.push(node);
        Ok(true)
    }

    /// `(?flags)`, `(?flags:…)`, `(?P<name>…)` and `(?<name>…)`.
    fn special_group<'p>(&mut self, rest: &mut &'p str) -> Parse<'p, ()> {
        let whole = *rest;
        let named = match (whole.strip_prefix("(?P<"), whole.strip_prefix("(?<")) {
            (Some(name), _) if !name.is_empty() => Some(name),
            (_, Some(name)) if !name.is_empty() => Some(name),
            _ => None,
        };
        if let Some(after) = named {
            const INVALID: &str = "invalid named capture";
            let Some((name, after)) = after.split_once('>') else {
                return Err((INVALID, whole));
            };
            if name.is_empty() || !name.chars().all(class::is_word) {
                return Err((INVALID, until(whole, after)));
            }
            self.names.push(name.to_owned());
            *rest = after;
            return self.open_group(whole, Some(self.names.len() - 1));
        }
        let mut flags = self.flags;
        let (mut on, mut saw_flag) = (true, false);
        skip(rest, 2);
        while !rest.is_empty() {
            let letter = first(rest);
            skip(rest, letter.len_utf8());
            match letter {
                'i' => flags.folds = on,
                'm' => flags.lines = on,
                's' => flags.dot_is_any = on,
                'U' => flags.lazy = on,
                '-' if on => {
                    (on, saw_flag) = (false, false);
                    continue;
                }
                ':' | ')' if on || saw_flag => {
                    if letter == ':' {
                        self.open_group(whole, None)?;
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            saw_flag = true;
        }
        Err(("invalid or unsupported Perl syntax", until(whole, rest)))
    }

    /// What begins with a backslash, outside of classes.
    fn escape<'p>(&mut self, rest: &mut &'p str) -> Parse<'p, ()> {
        let assertion = match rest.as_bytes().get(1) {
            Some(b'A') => Some(Assertion::TextStart),
            Some(b'z') => Some(Assertion::TextEnd),
            Some(b'b') => Some(Assertion::WordBoundary),
            Some(b'B') => Some(Assertion::NoWordBoundary),
            _ => None,
        };
        if let Some(assertion) = assertion {
            self.assert(assertion);
            skip(rest, 2);
            return Ok(());
        }
        if let Some(quoted) = rest.strip_prefix("\\Q") {
            let (plain, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            plain.chars().for_each(|letter| self.letter(letter));
            *rest = after;
            return Ok(());
        }
        let mut set = Class::new(self.flags.folds);
        if set_escape(&mut set, rest)? {
            self.open.all.push(Node::Class(set));
        } else {
            let letter = letter_escape(rest)?;
            self.letter(letter);
        }
        Ok(())
    }

    /// `[…]`
    fn class<'p>(&mut self, rest: &mut &'p str) -> Parse<'p, ()> {
        let whole = *rest;
        let mut set = Class::new(self.flags.folds);
        skip(rest, 1);
        if let Some(after) = rest.strip_prefix('^') {
            set.negated = true;
            *rest = after;
        }
        let mut is_first = true;
        while is_first || !rest.starts_with(']') {
            is_first = false;
            if let Some(named) = rest.strip_prefix("[:")
                && let Some((name, after)) = named.split_once(":]")
            {
                let plain = name.strip_prefix('^');
                let Some(posix) = class::posix(plain.unwrap_or(name)) else {
                    return Err(("invalid character class range", until(rest, after)));
                };
                set.push_named(posix, plain.is_some());
                *rest = after;
                continue;
            }
            if set_escape(&mut set, rest)? {
                continue;
            }
            let range = *rest;
            let low = class_letter(rest, whole)?;
            let mut high = low;
            if rest.len() >= 2 && rest.starts_with('-') && !rest.starts_with("-]") {
                skip(rest, 1);
                high = class_letter(rest, whole)?;
                if high < low {
                    return Err(("invalid character class range", until(range, rest)));
                }
            }
            set.push_range(low, high);
        }
        skip(rest, 1);
        self.open.all.push(Node::Class(set));
        Ok(())
    }
}

/// Whether the numbers of repetitions inside one another stay below `most` when multiplied.
fn is_few(node: &Node, most: u32) -> bool {
    match node {
        Node::Repeat {
            node,
            least,
            most: upper,
            ..
        } => match upper.unwrap_or(*least) {
            0 if *upper == Some(0) => true,
            0 | 1 => is_few(node, most),
            count => count <= most && is_few(node, most / count),
        },
        Node::Group(_, node) => is_few(node, most),
        Node::All(nodes) | Node::Either(nodes) => nodes.iter().all(|node| is_few(node, most)),
        _ => true,
    }
}

/// `2}`, `2,}` or `2,5}` and what follows; numbers that are too large are larger than allowed.
fn counts(text: &str) -> Option<(u32, Option<u32>, &str)> {
    fn number(text: &str) -> Option<(u32, &str)> {
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = text.split_at(length);
        let is_plain = digits == "0" || !digits.starts_with('0');
        (length > 0 && is_plain).then(|| (digits.parse().unwrap_or(u32::MAX), rest))
    }
    let (least, rest) = number(text)?;
    let (most, rest) = match rest.strip_prefix(',') {
        None => (Some(least), rest),
        Some(rest) if rest.starts_with('}') => (None, rest),
        Some(rest) => number(rest).map(|(most, rest)| (Some(most), rest))?,
    };
    Some((least, most, rest.strip_prefix('}')?))
}

/// `\d` and kin, and `\p{…}`: adds the set, if it is one.
fn set_escape<'p>(set: &mut Class, rest: &mut &'p str) -> Parse<'p, bool> {
    let Some(kind) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) else {
        return Ok(false);
    };
    let named: fn(char) -> bool = match kind {
        'd' | 'D' => class::is_digit,
        's' | 'S' => class::is_space,
        'w' | 'W' => class::is_word,
        'p' | 'P' => return unicode_escape(set, rest, kind == 'P'),
        _ => return Ok(false),
    };
    set.push_named(named, kind.is_ascii_uppercase());
    skip(rest, 2);
    Ok(true)
}

fn unicode_escape<'p>(set: &mut Class, rest: &mut &'p str, negated: bool) -> Parse<'p, bool> {
    const INVALID: &str = "invalid character class range";
    let whole = *rest;
    let body = &whole[2..];
    let (name, after) = match body.strip_prefix('{') {
        Some(braced) => braced.split_once('}').ok_or((INVALID, whole))?,
        None => body.split_at(body.chars().next().map_or(0, char::len_utf8)),
    };
    let plain = name.strip_prefix('^');
    let found = class::unicode(plain.unwrap_or(name)).ok_or((INVALID, until(whole, after)))?;
    set.push_named(found, negated != plain.is_some());
    *rest = after;
    Ok(true)
}

fn class_letter<'p>(rest: &mut &'p str, whole: &'p str) -> Parse<'p, char> {
    match rest.chars().next() {
        None => Err(("missing closing ]", whole)),
        Some('\\') => letter_escape(rest),
        Some(letter) => {
            skip(rest, letter.len_utf8());
            Ok(letter)
        }
    }
}

/// A character written with a backslash.
fn letter_escape<'p>(rest: &mut &'p str) -> Parse<'p, char> {
    let whole = *rest;
    skip(rest, 1);
    let Some(letter) = rest.chars().next() else {
        return Err(("trailing backslash at end of expression", ""));
    };
    skip(rest, letter.len_utf8());
    let octal = |rest: &str| rest.starts_with(|digit| matches!(digit, '0'..='7'));
    let found = match letter {
        '0' => octal_escape(rest, 0),
        '1'..='7' if octal(rest) => octal_escape(rest, u32::from(letter) - u32::from('0')),
        'x' => hex_escape(rest),
        'a' => Some('\x07'),
        'f' => Some('\x0C'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0B'),
        _ => Some(letter).filter(|letter| letter.is_ascii() && !letter.is_ascii_alphanumeric()),
    };
    found.ok_or(("invalid escape sequence", until(whole, rest)))
}

/// Up to two more octal digits.
fn octal_escape(rest: &mut &str, first: u32) -> Option<char> {
    let mut code = first;
    for _ in 0..2 {
        match rest.chars().next().and_then(|digit| digit.to_digit(8)) {
            Some(digit) => code = code * 8 + digit,
            None => break,
        }
        skip(rest, 1);
    }
    char::from_u32(code)
}

/// `41` or `{10FFFF}`.
fn hex_escape(rest: &mut &str) -> Option<char> {
    let mut next = || {
        let letter = rest.chars().next()?;
        skip(rest, letter.len_utf8());
        Some(letter)
    };
    let letter = next()?;
    if letter != '{' {
        let high = letter.to_digit(16);
        let low = next()?.to_digit(16);
        return char::from_u32(high? * 16 + low?);
    }
    let (mut code, mut count) = (0, 0);
    loop {
        match next()? {
            '}' if count > 0 => return char::from_u32(code),
            letter => code = code * 16 + letter.to_digit(16)?,
        }
        count += 1;
        if code > u32::from(char::MAX) {
            return None;
        }
    }
}
