//! From the tree to plain values, as `sigs.k8s.io/yaml` decodes: YAML 1.1 scalars, merge keys,
//! aliases under a budget, and every mapping key turned into text.

use crate::error::{Error, Stage};
use crate::node::{Kind, Node};
use crate::number::{format_g, format_single};
use crate::parse::parse_members;
use crate::resolve::{Resolved, resolve};
use crate::scan::Style;
use crate::{Value, parse, parse_first};
use ecow::{EcoString, EcoVec};

/// What a mapping does with a key that stands twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// An error, as the API server reports it and a strict reader wants it.
    #[default]
    Refuse,
    /// The last one counts, as in Helm's values files and `fromYaml`.
    LastWins,
}

/// The one document of `text`, strictly: a key that stands twice is an error. Empty text is null.
/// Documents after the first are not looked at.
///
/// # Errors
/// What is no YAML, or has no form as JSON.
pub fn decode(text: &str) -> Result<Value, Error> {
    decode_with(text, Duplicates::Refuse)
}

/// The one document of `text`, with a choice about keys that stand twice.
///
/// # Errors
/// What is no YAML, or has no form as JSON.
pub fn decode_with(text: &str, duplicates: Duplicates) -> Result<Value, Error> {
    match parse_first(text)? {
        Some(node) => decode_node(&node, duplicates),
        None => Ok(Value::Null),
    }
}

/// The members in `wanted`, in any case, of the mapping that the one document of `text` is; of keys
/// that stand twice, the last one counts. What is wrong in other members is found as by [`decode_with`], but
/// what they hold is not kept. A document that is no mapping is given as it is.
///
/// # Errors
/// As [`decode_with`].
pub fn decode_members(text: &str, wanted: &[&str]) -> Result<Value, Error> {
    match parse_members(text, wanted)? {
        Some(Some(node)) => decode_node(&node, Duplicates::LastWins),
        Some(None) => Ok(Value::Null),
        None => decode_with(text, Duplicates::LastWins),
    }
}

/// Every document of `text`, strictly. Empty documents are null.
///
/// # Errors
/// What is no YAML, or has no form as JSON.
pub fn decode_all(text: &str) -> Result<Vec<Value>, Error> {
    parse(text)?
        .iter()
        .map(|node| decode_node(node, Duplicates::Refuse))
        .collect()
}

/// The value of a tree.
///
/// # Errors
/// Keys that are collections, keys that stand twice, wrong tags, too many aliases.
pub fn decode_node(node: &Node, duplicates: Duplicates) -> Result<Value, Error> {
    let mut decoder = Decoder {
        duplicates,
        ..Decoder::default()
    };
    let value = decoder.value(node)?;
    match decoder.unsupported {
        None => Ok(value),
        Some(error) => Err(error),
    }
}

/// What a mapping's key is once decoded (`off` is `false`); none for what cannot be a key.
pub(crate) fn key_text(key: &Node) -> Option<EcoString> {
    match unsupported_key(key) {
        None => Decoder::default().key(key).ok(),
        Some(_) => None,
    }
}

#[derive(Default)]
struct Decoder {
    duplicates: Duplicates,
    decoded: u64,
    from_aliases: u64,
    alias_depth: u32,
    /// The first key that YAML knows and JSON does not. All else that is wrong is said first.
    unsupported: Option<Error>,
}

fn fault(node: &Node, message: impl Into<String>) -> Error {
    Error::new(Stage::Decoder, node.mark, message)
}

impl Decoder {
    fn value(&mut self, node: &Node) -> Result<Value, Error> {
        self.count(node)?;
        match &node.kind {
            Kind::Scalar { text, style } => scalar(node, text, *style),
            Kind::List(items) => {
                let items: Result<EcoVec<Value>, Error> =
                    items.iter().map(|item| self.value(item)).collect();
                Ok(Value::List(items?))
            }
            Kind::Map(_) => {
                let mut found = Vec::new();
                self.members(node, &mut found)?;
                Ok(Value::Map(found.into_iter().collect()))
            }
            Kind::Alias(_, target) => {
                self.alias_depth += 1;
                let value = self.value(target);
                self.alias_depth -= 1;
                value
            }
            Kind::Cycle(name) => Err(fault(
                node,
                format!("anchor '{name}' value contains itself"),
            )),
        }
    }

    /// go-yaml's budget: 99 % of a small document may come from aliases, 10 % of a large one.
    fn count(&mut self, node: &Node) -> Result<(), Error> {
        self.decoded += 1;
        if self.alias_depth > 0 {
            self.from_aliases += 1;
        }
        if self.from_aliases <= 100 || self.decoded <= 1000 {
            return Ok(());
        }
        let (low, high) = (400_000, 4_000_000);
        let beyond = self.decoded.clamp(low, high) - low;
        // Ten-thousandths, so that no float decides.
        let allowed = 9900 - 8900 * beyond / (high - low);
        if self.from_aliases * 10_000 > self.decoded * allowed {
            return Err(fault(node, "document contains excessive aliasing"));
        }
        Ok(())
    }

    /// Adds the members of `node` to `found`, in which the last of several with one key counts.
    fn members(&mut self, node: &Node, found: &mut Vec<(EcoString, Value)>) -> Result<(), Error> {
        let Kind::Map(members) = &node.kind else {
            return Ok(());
        };
        // The keys that are written here: what a merge brought may be written again.
        let mut own = Vec::new();
        let mut unsupported = None;
        for (key, value) in members.iter() {
            if is_merge(key) {
                self.merge(value, found)?;
                continue;
            }
            if let Some((kind, shown)) = unsupported_key(key) {
                let value = match self.value(value)? {
                    Value::Null => "<nil>".to_owned(),
                    value => go_syntax(&value),
                };
                let message =
                    format!("unsupported map key of type: {kind}, key: {shown}, value: {value}");
                unsupported = Some(Error::new(Stage::Json, key.mark, message));
                continue;
            }
            let name = self.key(key)?;
            let value = self.value(value)?;
            if self.duplicates == Duplicates::Refuse {
                own.push((name.clone(), key));
            }
            found.push((name, value));
        }
        self.unsupported = self.unsupported.take().or(unsupported);
        first_duplicate(own)
    }

    fn merge(&mut self, source: &Node, found: &mut Vec<(EcoString, Value)>) -> Result<(), Error> {
        let wrong = || {
            fault(
                source,
                "map merge requires map or sequence of maps as the value",
            )
        };
        match &source.kind {
            Kind::Map(_) => self.members(source, found),
            Kind::Alias(_, target) if matches!(target.kind, Kind::Map(_)) => {
                self.count(source)?;
                self.alias_depth += 1;
                let done = self.members(target, found);
                self.alias_depth -= 1;
                done
            }
            // Earlier maps of the list take precedence, so they are laid on last.
            Kind::List(items) => items.iter().rev().try_for_each(|item| match item.kind {
                Kind::Map(_) | Kind::Alias(..) => self.merge(item, found),
                _ => Err(wrong()),
            }),
            _ => Err(wrong()),
        }
    }

    /// A key as text. JSON has no other keys.
    fn key(&mut self, key: &Node) -> Result<EcoString, Error> {
        Ok(match self.value(key)? {
            Value::String(text) => text,
            Value::Bool(flag) => if flag { "true" } else { "false" }.into(),
            Value::Int(number) => ecow::eco_format!("{number}"),
            // go-yaml shortens float keys to 32 bits.
            Value::Float(number) => match number {
                _ if number.is_nan() => ".nan".into(),
                f64::INFINITY => ".inf".into(),
                f64::NEG_INFINITY => "-.inf".into(),
                _ => format_single(number).into(),
            },
            collection => {
                return Err(fault(
                    key,
                    format!("invalid map key: {}", go_syntax(&collection)),
                ));
            }
        })
    }
}

/// Type and value, in Go's words, of a key that has no form in JSON: nothing, or a whole number that
/// only fits without a sign.
fn unsupported_key(key: &Node) -> Option<(&'static str, String)> {
    let (node, text) = match &key.kind {
        Kind::Alias(_, target) => return unsupported_key(target),
        Kind::Scalar { text, style } if *style == Style::Plain || key.tag.is_some() => (key, text),
        _ => return None,
    };
    if scalar(node, text, Style::Plain) == Ok(Value::Null) {
        return Some(("%!s(<nil>)", "<nil>".to_owned()));
    }
    match resolve(text) {
        Resolved::Int(number) if number > i128::from(i64::MAX) && node.tag.is_none() => {
            Some(("uint64", format!("{number:#x}")))
        }
        _ => None,
    }
}

/// An error for the first of the keys that was there before.
fn first_duplicate(mut keys: Vec<(EcoString, &Node)>) -> Result<(), Error> {
    lean::sort_by(&mut keys, |a, b| a.0.cmp(&b.0));
    let again = keys.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let Some(pair) = again.min_by_key(|pair| pair[1].1.mark.offset) else {
        return Ok(());
    };
    let (name, key) = &pair[1];
    let line = key.line();
    Err(fault(
        key,
        format!("unmarshal errors:\n  line {line}: key {name:?} already set in map"),
    ))
}

fn is_merge(key: &Node) -> bool {
    match (&key.kind, key.tag.as_deref()) {
        (Kind::Scalar { text, style }, None) => text == "<<" && *style == Style::Plain,
        (Kind::Scalar { text, .. }, Some(tag)) => {
            text == "<<" && matches!(tag, "!" | "tag:yaml.org,2002:merge")
        }
        _ => false,
    }
}

/// A value in Go's `%#v`, which go-yaml's message about keys shows.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => format_g(*number),
        Value::String(text) => format!("{text:?}"),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Map(map) => {
            let members: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", go_syntax(value)))
                .collect();
            format!(
                "map[interface {{}}]interface {{}}{{{}}}",
                members.join(", ")
            )
        }
    }
}

fn scalar(node: &Node, text: &EcoString, style: Style) -> Result<Value, Error> {
    let short = node
        .tag
        .as_deref()
        .map(|tag| tag.strip_prefix("tag:yaml.org,2002:").unwrap_or(tag));
    let resolved = match short {
        None if style != Style::Plain => return Ok(Value::from(text)),
        None => resolve(text),
        // The tag `!` says that it is none of the others.
        Some("str" | "!") => return Ok(Value::from(text)),
        Some("binary") => return binary(node, text),
        Some(tag @ ("bool" | "int" | "float" | "null" | "timestamp")) => {
            return tagged(node, text, tag);
        }
        Some(_) => return Ok(Value::from(text)),
    };
    Ok(plain(resolved, text))
}

fn plain(resolved: Resolved, text: &EcoString) -> Value {
    match resolved {
        Resolved::Null => Value::Null,
        Resolved::Bool(flag) => Value::Bool(flag),
        Resolved::Int(number) => {
            i64::try_from(number).map_or_else(|_| Value::Float(number as f64), Value::Int)
        }
        Resolved::Float(number) => Value::Float(number),
        Resolved::Timestamp | Resolved::Merge | Resolved::Text => Value::from(text),
    }
}

/// A scalar that says what it is. Only a whole number may be called something else: a float.
fn tagged(node: &Node, text: &EcoString, tag: &str) -> Result<Value, Error> {
    let resolved = resolve(text);
    let found = match &resolved {
        Resolved::Null => "null",
        Resolved::Bool(_) => "bool",
        Resolved::Int(_) => "int",
        Resolved::Float(_) => "float",
        Resolved::Timestamp if tag == "timestamp" => tag,
        Resolved::Timestamp => "str",
        Resolved::Merge => "merge",
        Resolved::Text => "str",
    };
    match (tag, resolved) {
        ("float", Resolved::Int(number)) => Ok(Value::Float(number as f64)),
        (_, resolved) if tag == found => Ok(plain(resolved, text)),
        _ => Err(fault(
            node,
            format!("cannot decode !!{found} `{text}` as a !!{tag}"),
        )),
    }
}

fn binary(node: &Node, text: &str) -> Result<Value, Error> {
    let wrong = || fault(node, "!!binary value contains invalid base64 data");
    let letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let bytes = base64(&letters).ok_or_else(wrong)?;
    // JSON holds text: what is no UTF-8 is replaced there.
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Standard base64 with padding.
fn base64(letters: &[u8]) -> Option<Vec<u8>> {
    let body = letters
        .strip_suffix(b"==")
        .or(letters.strip_suffix(b"="))
        .unwrap_or(letters);
    if !letters.len().is_multiple_of(4) {
        return None;
    }
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for letter in body {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}
