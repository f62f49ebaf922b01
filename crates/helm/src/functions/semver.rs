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
        let body = text.strip_prefix('v').unwrap_or(text);
        let (body, metadata) = split_once_or(body, '+');
        let (numbers, prerelease) = split_once_or(body, '-');
        let mut parts = [0u64; 3];
        let words: Vec<&str> = numbers.split('.').collect();
        if words.len() > 3 {
            return Err(INVALID.to_owned());
        }
        for (part, word) in parts.iter_mut().zip(&words) {
            if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(INVALID.to_owned());
            }
            *part = word.parse().map_err(|_| INVALID.to_owned())?;
        }
        for (given, label) in [
            (body.contains('-'), prerelease),
            (text.contains('+'), metadata),
        ] {
            if given && !label.split('.').all(is_identifier) {
                return Err(INVALID.to_owned());
            }
        }
        let has_zero = |word: &str| word.len() > 1 && word.starts_with('0') && is_number(word);
        if prerelease.split('.').any(has_zero) {
            return Err("version segment starts with 0".to_owned());
        }
        Ok(Version {
            major: parts[0],
            minor: parts[1],
            patch: parts[2],
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
        })
    }

    /// As templates see it.
    fn to_value(&self, original: &str) -> Value {
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

    fn bumped(&self, part: usize) -> Version {
        match part {
            0 => Version {
                major: self.major + 1,
                ..Version::default()
            },
            1 => Version {
                major: self.major,
                minor: self.minor + 1,
                ..Version::default()
            },
            _ => Version {
                major: self.major,
                minor: self.minor,
                patch: self.patch + 1,
                ..Version::default()
            },
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
            .then_with(
                || match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    (false, false) => compare_prerelease(&self.prerelease, &other.prerelease),
                },
            )
    }
}

fn split_once_or(text: &str, separator: char) -> (&str, &str) {
    text.split_once(separator).unwrap_or((text, ""))
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

/// A range: any of several lists, of which all conditions must hold.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    alternatives: Vec<Vec<Condition>>,
}

#[derive(Clone, Debug)]
struct Condition {
    operator: String,
    version: Version,
    /// How many of major, minor and patch were written as numbers.
    precision: usize,
}

impl Constraint {
    /// Reads a range such as `>=1.2 <2 || ~3.1`.
    pub fn parse(text: &str) -> Result<Constraint, String> {
        let mut alternatives = Vec::new();
        for alternative in text.split("||") {
            let wrong = || {
                format!(
                    "improper constraint: {}",
                    gotmpl::quote::quote(text.as_bytes())
                )
            };
            let words = tokens(&with_hyphen_ranges(alternative)).ok_or_else(wrong)?;
            if words.is_empty() {
                return Err(wrong());
            }
            let mut conditions = Vec::new();
            for (operator, version) in words {
                conditions.push(condition(&operator, &version).ok_or_else(wrong)?);
            }
            alternatives.push(conditions);
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

/// `1.2 - 2.3` is `>=1.2 <=2.3`.
fn with_hyphen_ranges(text: &str) -> String {
    match text.split_once(" - ") {
        Some((low, high)) => format!(">={} <={}", low.trim(), high.trim()),
        None => text.to_owned(),
    }
}

/// Operators and the versions that they go before.
fn tokens(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = text.trim_matches([' ', ',', '\t', '\n']);
    while !rest.is_empty() {
        let end = rest
            .find(|letter: char| !"=<>!~^".contains(letter))
            .unwrap_or(rest.len());
        let (operator, after) = rest.split_at(end);
        let after = after.trim_start();
        let end = after.find([' ', ',', '\t', '\n']).unwrap_or(after.len());
        let end = after[..end]
            .find(['<', '>', '=', '!', '~', '^'])
            .unwrap_or(end);
        if end == 0 {
            return None;
        }
        found.push((operator.to_owned(), after[..end].to_owned()));
        rest = after[end..].trim_start_matches([' ', ',', '\t', '\n']);
    }
    Some(found)
}

fn condition(operator: &str, text: &str) -> Option<Condition> {
    let known = [
        "", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^",
    ];
    if !known.contains(&operator) {
        return None;
    }
    let body = text.strip_prefix('v').unwrap_or(text);
    let (body, metadata) = split_once_or(body, '+');
    let (numbers, prerelease) = split_once_or(body, '-');
    let words: Vec<&str> = numbers.split('.').collect();
    if words.len() > 3 {
        return None;
    }
    let is_wild = |word: &&str| matches!(*word, "x" | "X" | "*");
    let precision = words.iter().take_while(|word| !is_wild(word)).count();
    if !words.iter().all(|word| is_wild(word) || is_number(word)) {
        return None;
    }
    let mut full: Vec<&str> = words[..precision].to_vec();
    full.resize(3, "0");
    let mut written = full.join(".");
    if !prerelease.is_empty() {
        written = format!("{written}-{prerelease}");
    }
    if !metadata.is_empty() {
        written = format!("{written}+{metadata}");
    }
    Some(Condition {
        operator: operator.to_owned(),
        version: Version::parse(&written).ok()?,
        precision,
    })
}

impl Condition {
    fn allows(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let partial = self.precision < 3;
        match self.operator.as_str() {
            "" | "=" if partial => self.within(version, self.precision),
            "" | "=" => version == wanted || version.cmp(wanted) == Ordering::Equal,
            "!=" if partial => !self.within(version, self.precision),
            "!=" => version.cmp(wanted) != Ordering::Equal,
            ">" if partial => self.precision > 0 && version >= &wanted.bumped(self.precision - 1),
            ">" => version > wanted,
            "<" => version < wanted,
            ">=" | "=>" => version >= wanted,
            "<=" | "=<" if partial => {
                self.precision == 0 || version < &wanted.bumped(self.precision - 1)
            }
            "<=" | "=<" => version <= wanted,
            "~" | "~>" => self.within(version, self.precision.min(2)),
            _ => self.within_caret(version),
        }
    }

    /// Not below the version, and the same in so many of major, minor and patch.
    fn within(&self, version: &Version, same: usize) -> bool {
        let wanted = &self.version;
        version >= wanted
            && (same < 1 || version.major == wanted.major)
            && (same < 2 || version.minor == wanted.minor)
            && (same < 3 || version.patch == wanted.patch)
    }

    /// Not below the version, and the same up to the first number that is not 0.
    fn within_caret(&self, version: &Version) -> bool {
        let wanted = &self.version;
        let same = match (wanted.major, wanted.minor, self.precision) {
            (_, _, 0) => 0,
            (1.., ..) | (0, _, 1) => 1,
            (0, 1.., _) | (0, 0, 2) => 2,
            _ => 3,
        };
        self.within(version, same)
    }
}
