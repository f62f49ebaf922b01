//! Reads the lab's own files: fields by name, each with its type, every mistake at its place.
//!
//! A reading goes on after a mistake, so that one look shows them all. What could not be read has a
//! default and a problem; a caller uses the result only if there were no problems.

use crate::texts;
use crate::view::{Millis, Problem};
use ecow::{EcoString, eco_format};
use lean::FlatSet;
use std::ops::RangeInclusive;
use yaml::{Kind, Node};

/// The longest time that a lab's file may name: 1000 h, far beyond what any lab plays.
const DURATION_MAX: Millis = 3_600_000_000;

/// The problem that a YAML error is, in the file at `path`.
#[must_use]
pub fn syntax_problem(path: &str, error: &yaml::Error) -> Problem {
    Problem {
        path: path.into(),
        line: error.line as u32,
        column: error.column as u32,
        message: error.message.as_str().into(),
        hint: error.hint.unwrap_or_default().into(),
    }
}

/// A reading of one file.
#[derive(Debug)]
pub struct Reader<'a> {
    /// The file's path, with its repository.
    path: &'a str,
    problems: Vec<Problem>,
}

/// A mapping that was checked to hold only known fields.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'n> {
    node: &'n Node,
    /// What the mapping is, for messages: `a node`.
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads the first document of `text` with `read`, which gets its root.
    pub fn read<T>(
        path: &'a str,
        text: &str,
        read: impl FnOnce(&mut Reader<'a>, &Node) -> T,
    ) -> Result<T, Vec<Problem>> {
        let mut reader = Reader {
            path,
            problems: Vec::new(),
        };
        let root = match yaml::parse_first(text) {
            Ok(root) => root,
            Err(error) => return Err(vec![syntax_problem(path, &error)]),
        };
        let Some(root) = root else {
            return Err(vec![Problem::whole(path, texts::files::EMPTY)]);
        };
        let value = read(&mut reader, &root);
        if reader.problems.is_empty() {
            Ok(value)
        } else {
            Err(reader.problems)
        }
    }

    /// Notes a mistake at a node.
    pub fn problem(
        &mut self,
        node: &Node,
        message: impl Into<EcoString>,
        hint: impl Into<EcoString>,
    ) {
        self.problems.push(Problem {
            path: self.path.into(),
            line: node.line() as u32,
            column: node.column() as u32,
            message: message.into(),
            hint: hint.into(),
        });
    }

    /// A mapping with no other fields than `known`. `what` names it in messages: `a node`.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &'static str, known: &[&str]) -> Fields<'n> {
        let Kind::Map(members) = &node.target().kind else {
            self.problem(
                node,
                texts::files::must_be_a_mapping(what),
                texts::files::WRITE_FIELDS,
            );
            return Fields { node, what };
        };
        let mut seen = FlatSet::new();
        for (key, _) in members.iter() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let hint = did_you_mean(name, known);
                self.problem(key, texts::files::unknown_field(name, what), hint);
            } else if !seen.insert(name) {
                self.problem(key, texts::files::field_twice(name), texts::files::KEEP_ONE);
            }
        }
        Fields { node, what }
    }

    /// The value of a field that must be there.
    pub fn required<'n>(&mut self, fields: Fields<'n>, name: &str) -> Option<&'n Node> {
        let value = fields.get(name);
        if value.is_none() && matches!(fields.node.target().kind, Kind::Map(_)) {
            let message = texts::files::needs_field(fields.what, name);
            self.problem(fields.node, message, "");
        }
        value
    }

    /// The items of a list.
    pub fn items<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.target().kind {
            Kind::List(items) => items,
            _ => {
                self.problem(
                    node,
                    texts::files::MUST_BE_A_LIST,
                    texts::files::WRITE_ITEMS,
                );
                &[]
            }
        }
    }

    /// The members of a mapping whose keys are the user's own.
    pub fn members<'n>(&mut self, node: &'n Node) -> &'n [(Node, Node)] {
        match &node.target().kind {
            Kind::Map(members) => members,
            _ => {
                self.problem(
                    node,
                    texts::files::MUST_BE_A_MAPPING,
                    texts::files::WRITE_NAMES,
                );
                &[]
            }
        }
    }

    /// A text. Numbers and truth values count as the text they were written as.
    pub fn text(&mut self, node: &Node) -> EcoString {
        let text = node.text().map(EcoString::from);
        if text.is_none() {
            self.problem(node, texts::files::MUST_BE_A_TEXT, "");
        }
        text.unwrap_or_default()
    }

    /// A name as Kubernetes allows them for most objects (RFC 1123 label).
    pub fn name(&mut self, node: &Node) -> EcoString {
        let text = self.text(node);
        let is_inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_name = (1..=63).contains(&text.len())
            && text.chars().all(is_inside)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if !is_name && node.text().is_some() {
            self.problem(
                node,
                texts::files::no_name(&text),
                texts::files::WHAT_A_NAME_IS,
            );
        }
        text
    }

    /// A path of a URL.
    pub fn path(&mut self, node: &Node) -> EcoString {
        let text = self.text(node);
        if !text.starts_with('/') && node.text().is_some() {
            self.problem(
                node,
                texts::files::WHAT_A_PATH_IS,
                texts::files::write(&eco_format!("/{text}")),
            );
        }
        text
    }

    /// One of the given words.
    pub fn one_of(&mut self, node: &Node, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text(node);
        let found = words.iter().copied().find(|word| *word == text);
        if found.is_none() && node.text().is_some() {
            self.problem(
                node,
                texts::files::not_possible(&text),
                texts::files::write_one_of(words),
            );
        }
        found
    }

    /// A whole number.
    pub fn int(&mut self, node: &Node, range: RangeInclusive<u64>) -> u64 {
        let number = node
            .text()
            .and_then(|text| text.parse().ok())
            .filter(|n| range.contains(n));
        self.parsed(
            node,
            number,
            texts::files::must_be_within(*range.start(), *range.end()),
        )
    }

    /// A time span with its unit, such as `4s`, `500ms` or `1m30s`; in milliseconds.
    pub fn duration(&mut self, node: &Node) -> Millis {
        let millis = node.text().and_then(parse_duration);
        let millis = millis.filter(|millis| *millis <= DURATION_MAX);
        self.parsed(node, millis, texts::files::MUST_BE_A_TIME.into())
    }

    /// An amount of memory or storage, such as `84Mi`; in bytes.
    pub fn bytes(&mut self, node: &Node) -> u64 {
        let bytes = quantity(node).map(|milli| milli / 1000);
        self.parsed(node, bytes, texts::files::MUST_BE_BYTES.into())
    }

    /// An amount of CPU, such as `500m` or `2`; in thousandths of a core.
    pub fn cpu(&mut self, node: &Node) -> u64 {
        self.parsed(node, quantity(node), texts::files::MUST_BE_CPU.into())
    }

    /// A share such as `0.5%`; in ten-thousandths.
    pub fn share(&mut self, node: &Node) -> u32 {
        let share = node.text().and_then(|text| {
            let (whole, fraction) = match text.strip_suffix('%')?.split_once('.') {
                Some((whole, fraction)) if (1..=2).contains(&fraction.len()) => (whole, fraction),
                Some(_) => return None,
                None => (text.strip_suffix('%')?, "0"),
            };
            let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            if !is_digits(whole) || !is_digits(fraction) {
                return None;
            }
            let hundredths =
                fraction.parse::<u32>().ok()? * if fraction.len() == 1 { 10 } else { 1 };
            let share = whole.parse::<u32>().ok()?.checked_mul(100)? + hundredths;
            (share <= 10_000).then_some(share)
        });
        self.parsed(node, share, texts::files::MUST_BE_A_SHARE.into())
    }

    /// What was read, or its default and a problem with `message`.
    fn parsed<T: Default>(&mut self, node: &Node, value: Option<T>, message: EcoString) -> T {
        value.unwrap_or_else(|| {
            let got = node.text().map(|text| texts::files::but_is(&message, text));
            self.problem(node, got.unwrap_or(message), "");
            T::default()
        })
    }
}

impl<'n> Fields<'n> {
    /// The value of a field, if it is there and not null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        let value = self.node.get(name)?;
        let is_null = value.span.is_empty() || (value.text() == Some("null"));
        (!is_null).then_some(value)
    }
}

fn quantity(node: &Node) -> Option<u64> {
    u64::try_from(kube::quantity::milli(node.text()?)?).ok()
}

/// A time span as Go's `time.ParseDuration` reads it, whole milliseconds only; none otherwise.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Millis> {
    let mut rest = text;
    let mut total: Millis = 0;
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
        let (unit, millis) = units.into_iter().find(|(unit, _)| tail.starts_with(unit))?;
        total = total.checked_add(number.parse::<Millis>().ok()?.checked_mul(millis)?)?;
        rest = &tail[unit.len()..];
    }
    Some(total)
}

/// `did you mean "memory"?`, if one of the known words is near; else the words there are.
#[must_use]
pub fn did_you_mean(word: &str, known: &[&str]) -> EcoString {
    let near = known.iter().map(|name| (distance(word, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 1 + name.len() / 4 => {
            texts::files::did_you_mean(name)
        }
        _ => texts::files::known_here(known),
    }
}

/// How many letters must be put in, left out or replaced to make one word the other, without regard
/// to case (Levenshtein). Long words count as far apart.
pub(super) fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
