//! Semantic versions and ranges of them, as Masterminds/semver reads them.

use super::{HelmFunction, fault, plain, text};
use gotmpl::Type::String as Str;
use gotmpl::value::{Struct, StructType, Text};
use gotmpl::{Error, UintType, Value};
use std::cmp::Ordering;
use std::rc::Rc;

pub(super) static TABLE: &[HelmFunction] = &[
    plain("semver", &[Str], |_, args| {
        let version = Version::parse(&text(&args, 0)).map_err(Error::new)?;
        Ok(version.to_value(&text(&args, 0)))
    }),
    plain("semverCompare", &[Str, Str], |_, args| {
        let range = Constraint::parse(&text(&args, 0)).map_err(Error::new)?;
        match Version::parse(&text(&args, 1)) {
            Ok(version) => Ok(range.allows(&version).into()),
            Err(message) => fault(message),
        }
    }),
];

/// The type that `semver` gives.
pub(crate) static VERSION: StructType = StructType {
    name: "*semver.Version",
};

/// A semantic version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version {
    pub major: u64,
    pub minor: u64,
    pub patch: u64,
    pub prerelease: String,
    pub metadata: String,
}

impl Version {
    /// Reads a version; `v1.2` and `1` will do.
    pub fn parse(text: &str) -> Result<Version, String> {
        const INVALID: &str = "invalid semantic version";
        let (numbers, prerelease, metadata) = split_version(text, is_number).ok_or(INVALID)?;
        let mut parts = [0u64; 3];
        for (part, word) in parts.iter_mut().zip(&numbers) {
            *part = word.parse().map_err(|_| {
                let shown = gotmpl::quote::quote(word.as_bytes());
                format!("error parsing version segment: strconv.ParseUint: parsing {shown}: value out of range")
            })?;
        }
        let has_zero = |word: &str| word.len() > 1 && word.starts_with('0') && is_number(word);
        if prerelease.split('.').any(has_zero) {
            return Err("version segment starts with 0".to_owned());
        }
        let [major, minor, patch] = parts;
        Ok(Version {
            major,
            minor,
            patch,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
        })
    }

    /// As templates see it.
    pub fn to_value(&self, original: &str) -> Value {
        let number = |number| Value::Uint(UintType::Uint64, number);
        let fields = vec![
            ("major", number(self.major)),
            ("minor", number(self.minor)),
            ("patch", number(self.patch)),
            ("pre", self.prerelease.as_str().into()),
            ("metadata", self.metadata.as_str().into()),
            ("original", original.into()),
        ];
        Value::Struct(Rc::new(Struct {
            ty: &VERSION,
            fields,
            text: Some(Text::from(self.to_string())),
            pointer_text: None,
        }))
    }

    /// The next major (0), minor (1) or patch (2) version. The patch after a prerelease is the release.
    pub fn increased(&self, part: usize) -> Version {
        let (major, minor, patch) = (self.major, self.minor, self.patch);
        let up = |number: u64| number.saturating_add(1);
        let (major, minor, patch) = match part {
            0 => (up(major), 0, 0),
            1 => (major, up(minor), 0),
            _ if !self.prerelease.is_empty() => (major, minor, patch),
            _ => (major, minor, up(patch)),
        };
        Version {
            major,
            minor,
            patch,
            ..Version::default()
        }
    }

    /// The version that such a value stands for.
    pub fn from_value(value: &Value) -> Version {
        match value {
            Value::Struct(of) => {
                let text = of.text.as_ref().map(Text::to_str).unwrap_or_default();
                Version::parse(&text).unwrap_or_default()
            }
            _ => Version::default(),
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    /// By precedence: a prerelease comes before its version; metadata does not count.
    fn cmp(&self, other: &Version) -> Ordering {
        (self.major, self.minor, self.patch)
            .cmp(&(other.major, other.minor, other.patch))
            .then_with(|| compare_labels(&self.prerelease, &other.prerelease))
    }
}

/// A prerelease comes before none.
fn compare_labels(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (false, false) => compare_prerelease(a, b),
        (a, b) => a.cmp(&b),
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_identifier(word: &str) -> bool {
    !word.is_empty()
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn compare_prerelease(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (a.parse::<u64>(), b.parse::<u64>()) {
                (Ok(a), Ok(b)) => a.cmp(&b),
                (Ok(_), Err(_)) => Ordering::Less,
                (Err(_), Ok(_)) => Ordering::Greater,
                (Err(_), Err(_)) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Up to three words that are as `is_word` says, then `-prerelease` and `+metadata`.
fn split_version(text: &str, is_word: fn(&str) -> bool) -> Option<(Vec<&str>, &str, &str)> {
    let label = |label: Option<&'_ str>| match label {
        Some(label) if label.split('.').all(is_identifier) => Some(()),
        Some(_) => None,
        None => Some(()),
    };
    let body = text.strip_prefix('v').unwrap_or(text);
    let (body, metadata) = match body.split_once('+') {
        Some((body, metadata)) => (body, Some(metadata)),
        None => (body, None),
    };
    let (numbers, prerelease) = match body.split_once('-') {
        Some((numbers, prerelease)) => (numbers, Some(prerelease)),
        None => (body, None),
    };
    label(metadata).and(label(prerelease))?;
    let words: Vec<&str> = numbers.split('.').collect();
    (words.len() <= 3 && words.iter().all(|word| is_word(word))).then_some((
        words,
        prerelease.unwrap_or_default(),
        metadata.unwrap_or_default(),
    ))
}

/// A range: any of several lists, of which all conditions must hold.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    alternatives: Vec<Vec<Condition>>,
}

#[derive(Clone, Debug)]
struct Condition {
    operator: Operator,
    version: Version,
    /// How many of major, minor and patch were written as numbers.
    precision: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterEqual,
    LessEqual,
    Tilde,
    Caret,
}

/// Longer ones before those that they begin with.
const OPERATORS: [(&str, Operator); 12] = [
    ("!=", Operator::NotEqual),
    (">=", Operator::GreaterEqual),
    ("=>", Operator::GreaterEqual),
    ("<=", Operator::LessEqual),
    ("=<", Operator::LessEqual),
    ("~>", Operator::Tilde),
    (">", Operator::Greater),
    ("<", Operator::Less),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
    ("=", Operator::Equal),
    ("", Operator::Equal),
];

impl Constraint {
    /// Reads a range such as `>=1.2 <2 || ~3.1`.
    pub fn parse(text: &str) -> Result<Constraint, String> {
        let text = with_hyphen_ranges(text);
        let mut alternatives = Vec::new();
        for alternative in text.split("||") {
            let conditions = conditions(alternative).ok_or_else(|| {
                let shown = gotmpl::quote::quote(alternative.as_bytes());
                format!("improper constraint: {shown}")
            })?;
            let versions: Option<Vec<Condition>> = conditions.into_iter().collect();
            alternatives.push(versions.ok_or("constraint parser error")?);
        }
        Ok(Constraint { alternatives })
    }

    /// Whether the version is in the range. A prerelease is in it only if a condition of the list
    /// names one.
    pub fn allows(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|conditions| {
            let names_prerelease = conditions
                .iter()
                .any(|condition| !condition.version.prerelease.is_empty());
            let hidden = !version.prerelease.is_empty() && !names_prerelease;
            !hidden && conditions.iter().all(|condition| condition.allows(version))
        })
    }
}

/// Where the version ends that `text` begins with: the letters that a constraint's version may have.
fn version_end(text: &str) -> Option<usize> {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'|' | b'x' | b'X' | b'*');
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let bytes = text.as_bytes();
    let run = |from: usize, matches: &dyn Fn(u8) -> bool| {
        let length = bytes[from..].iter().take_while(|byte| matches(**byte));
        from + length.count()
    };
    let start = usize::from(bytes.first() == Some(&b'v'));
    let mut end = run(start, &is_part);
    if end == start {
        return None;
    }
    for _ in 0..2 {
        if bytes.get(end) == Some(&b'.') && run(end + 1, &is_part) > end + 1 {
            end = run(end + 1, &is_part);
        }
    }
    for mark in [b'-', b'+'] {
        let mut after = end;
        while bytes.get(after) == Some(if after == end { &mark } else { &b'.' })
            && run(after + 1, &is_label) > after + 1
        {
            after = run(after + 1, &is_label);
        }
        end = after;
    }
    Some(end)
}

/// `1.2 - 2.3` is `>= 1.2, <= 2.3`, anywhere.
fn with_hyphen_ranges(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| !letter.is_whitespace()) {
        let Some(end) = version_end(&rest[start..]).map(|end| start + end) else {
            let letter = rest[start..].chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..start + letter]);
            rest = &rest[start + letter..];
            continue;
        };
        let (low, after) = (&rest[start..end], &rest[end..]);
        let high = after
            .trim_start()
            .strip_prefix('-')
            .filter(|high| {
                after.starts_with(char::is_whitespace) && high.starts_with(char::is_whitespace)
            })
            .map(str::trim_start);
        match high.and_then(|high| Some((high, version_end(high)?))) {
            Some((high, end)) => {
                out.push_str(&format!(">= {low}, <= {} ", &high[..end]));
                rest = high[end..].trim_start();
            }
            None => {
                out.push_str(&rest[..end]);
                rest = after;
            }
        }
    }
    out + rest
}

/// The conditions of a list; none if it is no list, none in it for a version that is none.
fn conditions(text: &str) -> Option<Vec<Option<Condition>>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let (operator, after) = OPERATORS
            .iter()
            .find_map(|(sign, operator)| Some((*operator, rest.strip_prefix(sign)?)))?;
        let after = after.trim_start();
        let end = version_end(after)?;
        found.push(condition(operator, &after[..end]));
        let next = after[end..].trim_start();
        if next.is_empty() {
            return Some(found);
        }
        rest = match next.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if next.len() == after[end..].len() => return None,
            None => next,
        };
    }
}

fn condition(operator: Operator, text: &str) -> Option<Condition> {
    let (words, prerelease, _) = split_version(text, |word| !word.is_empty())?;
    let is_wild = |word: &&str| matches!(*word, "x" | "X" | "*");
    let precision = words.iter().take_while(|word| !is_wild(word)).count();
    let mut numbers: Vec<&str> = words[..precision].to_vec();
    // What follows the first wild part does not count, but it must be well-formed if there is none.
    numbers.resize(3, "0");
    let mut written = numbers.join(".");
    if !prerelease.is_empty() {
        written = format!("{written}-{prerelease}");
    }
    Some(Condition {
        operator,
        version: Version::parse(&written).ok()?,
        precision,
    })
}

impl Condition {
    /// As Masterminds/semver's `constraint…` functions decide, their oddities included.
    fn allows(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let (minor_open, patch_open) = (self.precision == 1, self.precision == 2);
        let order = version.cmp(wanted);
        let (majors, minors) = (
            version.major.cmp(&wanted.major),
            version.minor.cmp(&wanted.minor),
        );
        match self.operator {
            Operator::Equal if self.precision < 3 => self.allows_tilde(version),
            Operator::Equal => order.is_eq(),
            Operator::NotEqual if minor_open => majors.is_ne(),
            Operator::NotEqual if patch_open => {
                majors.is_ne()
                    || minors.is_ne()
                    || compare_labels(&version.prerelease, &wanted.prerelease).is_ne()
            }
            Operator::NotEqual => order.is_ne(),
            Operator::Greater if minor_open => majors.is_gt(),
            Operator::Greater if patch_open => majors.then(minors).is_gt(),
            Operator::Greater => order.is_gt(),
            Operator::Less => order.is_lt(),
            Operator::GreaterEqual => order.is_ge(),
            Operator::LessEqual if self.precision == 3 => order.is_le(),
            Operator::LessEqual => {
                majors.is_lt() || majors.is_eq() && (minor_open || minors.is_le())
            }
            Operator::Tilde => self.allows_tilde(version),
            Operator::Caret => order.is_ge() && self.allows_caret(version),
        }
    }

    fn allows_tilde(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let is_zero = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0);
        version >= wanted
            && (is_zero && !matches!(self.precision, 1 | 2)
                || version.major == wanted.major
                    && (version.minor == wanted.minor || self.precision == 1))
    }

    fn allows_caret(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if version.major != wanted.major || wanted.major > 0 || self.precision == 1 {
            return version.major == wanted.major;
        }
        version.minor == wanted.minor
            && (wanted.minor > 0 || self.precision == 2 || version.patch == wanted.patch)
    }
}
