//! The value tree: what a manifest, a values file or an API object is made of.

use ecow::{EcoString, EcoVec};
use lean::{is_same, tight};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;

/// A JSON-shaped value. Clones are free and share everything; a write copies only the path to it.
///
/// Floats carry what a user wrote (`0.5`); nothing in the lab decides by one.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `null`, and what an empty YAML document holds.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or exponent, or beyond 64 bits.
    Float(f64),
    /// Text.
    String(EcoString),
    /// A sequence.
    List(EcoVec<Value>),
    /// A mapping with text keys, in key order.
    Map(Map),
}

/// A mapping in key order: a sorted list, for maps here are small and shared often.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: EcoVec<(EcoString, Value)>,
}

impl Value {
    /// The value that an absent field has.
    pub const NULL: Value = Value::Null;

    /// The member `key` of a map; null where there is none or this is no map.
    #[must_use]
    pub fn get(&self, key: &str) -> &Value {
        match self {
            Value::Map(map) => map.get(key).unwrap_or(&Value::NULL),
            _ => &Value::NULL,
        }
    }

    /// The same of a member that is most likely the one at this place.
    #[inline]
    #[must_use]
    pub fn get_near(&self, place: usize, key: &str) -> &Value {
        match self {
            Value::Map(map) => match map.entries.get(place) {
                Some((have, value)) if is_same(have, key) => value,
                _ => self.get(key),
            },
            _ => &Value::NULL,
        }
    }

    /// The value at a path of map keys; null where the path leads nowhere.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> &Value {
        path.iter().fold(self, |value, key| value.get(key))
    }

    /// The member `key` for writing. What is not a map becomes one; a missing member becomes null.
    pub fn entry(&mut self, key: &str) -> &mut Value {
        if !matches!(self, Value::Map(_)) {
            *self = Value::Map(Map::new());
        }
        match self {
            Value::Map(map) => map.entry(key),
            _ => unreachable!("made a map above"),
        }
    }

    /// The value at a path of map keys for writing; makes the maps that are missing.
    pub fn entry_at(&mut self, path: &[&str]) -> &mut Value {
        path.iter().fold(self, |value, key| value.entry(key))
    }

    /// Puts `value` under `key`; a null removes the member.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        match value.into() {
            Value::Null => {
                if let Value::Map(map) = self {
                    map.remove(key);
                }
            }
            value => *self.entry(key) = value,
        }
    }

    /// A map of members, which are taken out of where they are. Null ones are left out, and later ones
    /// replace earlier ones of the same key. It has room for `more` that are to come.
    #[must_use]
    pub fn of_members(members: &mut [(EcoString, Value)], more: usize) -> Value {
        let is_there = |member: &&mut (EcoString, Value)| !member.1.is_null();
        let count = members.iter_mut().filter(is_there).count();
        let mut entries = EcoVec::with_capacity(count + more);
        entries.extend(members.iter_mut().filter(is_there).map(std::mem::take));
        Value::Map(Map::sorted(entries))
    }

    /// This map with some members changed, which are given in the order of their keys and are taken out
    /// of where they are; a null one is taken away. What stays the same stays shared: all of it, if
    /// nothing changes.
    #[must_use]
    pub fn with(&self, changes: &mut [(&str, Value)]) -> Value {
        self.merged(changes, true)
    }

    /// A map of these members alone, given in the same way. What is as in this map stays shared.
    #[must_use]
    pub fn with_only(&self, members: &mut [(&str, Value)]) -> Value {
        self.merged(members, false)
    }

    fn merged(&self, changes: &mut [(&str, Value)], keeps_others: bool) -> Value {
        let old: &[(EcoString, Value)] = match self {
            Value::Map(map) => &map.entries,
            _ => &[],
        };
        let (mut at, mut count, mut stays) = (0, 0, true);
        for (key, value) in &*changes {
            let (place, is_there) = seek(old, at, key);
            stays &= keeps_others || place == at;
            stays &= match is_there {
                true => old[place].1 == *value,
                false => value.is_null(),
            };
            count += usize::from(!value.is_null()) + if keeps_others { place - at } else { 0 };
            at = place + usize::from(is_there);
        }
        let rest = if keeps_others { old.len() - at } else { 0 };
        if stays && at + rest == old.len() {
            return self.clone();
        }
        let mut entries = EcoVec::with_capacity(count + rest);
        at = 0;
        for (key, value) in changes {
            let (place, is_there) = seek(old, at, key);
            if keeps_others && at < place {
                entries.extend_from_slice(&old[at..place]);
            }
            if !value.is_null() {
                let key = match is_there {
                    true => old[place].0.clone(),
                    false => tight::shared(key),
                };
                entries.push((key, std::mem::take(value)));
            }
            at = place + usize::from(is_there);
        }
        if rest > 0 {
            entries.extend_from_slice(&old[at..]);
        }
        Value::Map(Map { entries })
    }

    /// Whether this is the same list or map in memory, or the same value without one.
    #[must_use]
    pub fn is_identical(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.as_ptr() == b.as_ptr(),
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len() && a.entries.as_ptr() == b.entries.as_ptr()
            }
            (Value::List(_) | Value::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => false,
            (a, b) => a == b,
        }
    }

    /// The same value, which is most likely in memory already: a list, and each of its items, is one of
    /// those that were shared lately, if it is equal to it. So what a thousand pods say alike is kept
    /// once.
    #[must_use]
    pub fn shared(self) -> Value {
        match self {
            Value::List(mut items) => {
                let mut hash = 1;
                for item in tight::make_mut(&mut items) {
                    let own = item.hash();
                    hash = tight::mix(hash, own);
                    *item = recent(own, std::mem::take(item));
                }
                recent(hash, Value::List(items))
            }
            other => recent(other.hash(), other),
        }
    }

    /// A number that is the same for equal values.
    fn hash(&self) -> u64 {
        match self {
            Value::Null | Value::Float(_) => 0,
            Value::Bool(flag) => u64::from(*flag),
            Value::Int(number) => number.cast_unsigned(),
            Value::String(text) => tight::hash(text),
            Value::List(items) => items.iter().fold(1, |hash, it| tight::mix(hash, it.hash())),
            // Equal values have the same keys mostly, and others not.
            Value::Map(map) => map.entries.iter().fold(2, |hash, (key, value)| {
                tight::mix(hash ^ key.len() as u64, value.hash())
            }),
        }
    }

    /// Whether this is null (or absent).
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text; empty for anything else.
    #[must_use]
    pub fn text(&self) -> &str {
        self.as_str().unwrap_or_default()
    }

    /// The text as a shared string; empty for anything else.
    #[must_use]
    pub fn to_text(&self) -> EcoString {
        match self {
            Value::String(text) => text.clone(),
            _ => EcoString::new(),
        }
    }

    /// The whole number, if this is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The list for writing. What is not a list becomes an empty one.
    pub fn items_mut(&mut self) -> &mut EcoVec<Value> {
        if !matches!(self, Value::List(_)) {
            *self = Value::List(EcoVec::new());
        }
        match self {
            Value::List(items) => items,
            _ => unreachable!("made a list above"),
        }
    }

    /// The map, if this is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The members of a map in key order; none for anything else.
    pub fn members(&self) -> impl Iterator<Item = (&EcoString, &Value)> {
        self.as_map().into_iter().flat_map(Map::iter)
    }

    /// The word Go and the API server use for this kind of value.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::List(_) => "array",
            Value::Map(_) => "object",
        }
    }
}

/// How many values are remembered to be shared.
const RECENT: usize = 512;

thread_local! {
    /// The values that were shared last, by their hash.
    static SHARED: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
}

/// An equal value, which has this hash too, that was shared lately; or this one from now on.
fn recent(hash: u64, value: Value) -> Value {
    let slot = (hash >> 32) as usize % RECENT;
    SHARED.with_borrow_mut(|recent| {
        recent.resize(RECENT, Value::Null);
        if recent[slot] != value {
            recent[slot] = value;
        }
        recent[slot].clone()
    })
}

/// How many members a map may have to be searched one by one.
const SMALL: usize = 16;

/// Where a key is in a map's members from a place on, or would be; and whether it is there.
fn seek(members: &[(EcoString, Value)], from: usize, key: &str) -> (usize, bool) {
    for (at, (have, _)) in members.iter().enumerate().skip(from) {
        match lean::compare(have, key) {
            Ordering::Less => {}
            order => return (at, order.is_eq()),
        }
    }
    (members.len(), false)
}

impl Map {
    /// An empty map.
    #[must_use]
    pub fn new() -> Map {
        Map::default()
    }

    /// Where a key is. Most maps are small, and their keys of different lengths: then it takes less to
    /// look at all than to halve them.
    fn find(&self, key: &str) -> Option<usize> {
        if self.entries.len() > SMALL {
            return self.position(key).ok();
        }
        self.entries.iter().position(|(have, _)| is_same(have, key))
    }

    fn position(&self, key: &str) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|(have, _)| lean::compare(have, key))
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.find(key).map(|at| &self.entries[at].1)
    }

    /// The value under `key` for writing; null is put there first if nothing was.
    pub fn entry(&mut self, key: &str) -> &mut Value {
        let at = self.find(key).unwrap_or_else(|| {
            let at = self.position(key).unwrap_or_else(|at| at);
            let member = (tight::shared(key), Value::Null);
            tight::insert(&mut self.entries, at, member);
            at
        });
        &mut tight::make_mut(&mut self.entries)[at].1
    }

    /// Puts `value` under `key` and returns what was there.
    pub fn insert(&mut self, key: impl Into<EcoString>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        match self.position(&key) {
            Ok(at) => {
                let member = &mut tight::make_mut(&mut self.entries)[at];
                Some(std::mem::replace(&mut member.1, value))
            }
            Err(at) => {
                tight::insert(&mut self.entries, at, (key, value));
                None
            }
        }
    }

    /// Removes `key` and returns what was there.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.find(key)?;
        Some(self.entries.remove(at).1)
    }

    /// Whether `key` is there.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The members in key order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&EcoString, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &EcoString> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<K: Into<EcoString>, V: Into<Value>> FromIterator<(K, V)> for Map {
    /// Later members replace earlier ones of the same key.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Map {
        let members = members.into_iter();
        Map::sorted(
            members
                .map(|(key, value)| (key.into(), value.into()))
                .collect(),
        )
    }
}

impl Map {
    /// One sort for all keys: to put them in one by one would take time with the square of their
    /// number.
    fn sorted(mut entries: EcoVec<(EcoString, Value)>) -> Map {
        if entries.is_sorted_by(|a, b| lean::compare(&a.0, &b.0).is_lt()) {
            return Map { entries };
        }
        let members = entries.make_mut();
        if members.len() > SMALL {
            lean::sort_by(members, |a, b| a.0.cmp(&b.0));
        } else {
            for end in 1..members.len() {
                let mut at = end;
                while at > 0 && lean::compare(&members[at].0, &members[at - 1].0).is_lt() {
                    members.swap(at, at - 1);
                    at -= 1;
                }
            }
        }
        if entries
            .windows(2)
            .any(|pair| is_same(&pair[0].0, &pair[1].0))
        {
            let mut kept: EcoVec<(EcoString, Value)> = EcoVec::with_capacity(entries.len());
            for entry in entries {
                match kept.last() {
                    Some(last) if last.0 == entry.0 => {
                        let at = kept.len() - 1;
                        kept.make_mut()[at] = entry;
                    }
                    _ => kept.push(entry),
                }
            }
            return Map { entries: kept };
        }
        Map { entries }
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Map) -> bool {
        same(&self.entries, &other.entries, |a, b| {
            is_same(&a.0, &b.0) && a.1 == b.1
        })
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::String(a), Value::String(b)) => is_same(a, b),
            (Value::List(a), Value::List(b)) => same(a, b, Value::eq),
            (Value::Map(a), Value::Map(b)) => a == b,
            _ => false,
        }
    }
}

/// Equality that stops at shared parts, which most of an object is after a write to its status.
#[inline]
fn same<T>(a: &EcoVec<T>, b: &EcoVec<T>, is_same: impl Fn(&T, &T) -> bool) -> bool {
    a.len() == b.len() && (a.as_ptr() == b.as_ptr() || a.iter().zip(b).all(|(a, b)| is_same(a, b)))
}

macro_rules! value_from {
    ($($from:ty => $make:expr),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Value {
                ($make)(value)
            }
        })*
    };
}

value_from! {
    bool => Value::Bool,
    i32 => |n| Value::Int(i64::from(n)),
    u32 => |n| Value::Int(i64::from(n)),
    i64 => Value::Int,
    f64 => Value::Float,
    &str => |text: &str| Value::String(tight::shared(text)),
    &EcoString => |text: &EcoString| Value::String(text.clone()),
    String => |text: String| Value::String(text.into()),
    EcoString => Value::String,
    EcoVec<Value> => Value::List,
    Vec<Value> => |items: Vec<Value>| Value::List(items.into_iter().collect()),
    Map => Value::Map,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Value {
        Value::List(tight::fit(items.into_iter().map(Into::into).collect()))
    }
}

/// The name of a field, of which there is one in memory though every object may have it.
#[must_use]
pub fn key(name: impl AsRef<str>) -> EcoString {
    tight::shared(name.as_ref())
}

/// Builds a [`Value::Map`] from `key => value` pairs. A null value leaves its key out.
#[macro_export]
macro_rules! map {
    ($($key:expr => $value:expr),* $(,)?) => {
        $crate::Value::of_members(&mut [$(($crate::key($key), $crate::Value::from($value))),*], 0)
    };
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            out.serialize_entry(key.as_str(), value)?;
        }
        out.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::String(text) => serializer.serialize_str(text),
            Value::List(items) => {
                let mut out = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    out.serialize_element(item)?;
                }
                out.end()
            }
            Value::Map(map) => map.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = EcoVec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = members.next_entry::<String, Value>()? {
            map.insert(key, value);
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Maps are written as `a=1 b=2`; a member that is to go as `a=`.
    fn check(old: &str, changes: &str, expected: &str) {
        let members = |text: &str| -> Vec<(String, Value)> {
            let words = text.split_whitespace();
            let pairs = words.filter_map(|word| word.split_once('='));
            let value = |text: &str| text.parse().map_or(Value::Null, Value::Int);
            pairs
                .map(|(key, text)| (key.to_owned(), value(text)))
                .collect()
        };
        let map = |text| Value::Map(members(text).into_iter().collect());
        let (old, own) = (map(old), members(changes));
        let mut changes: Vec<(&str, Value)> = own.iter().map(|(k, v)| (&**k, v.clone())).collect();
        let start = |value: &Value| value.as_map().map(|map| map.entries.as_ptr());
        let there = own.iter().filter(|(_, value)| !value.is_null());
        let alone = Value::Map(there.cloned().collect());
        let only = old.with_only(&mut changes.clone());
        for (new, expected) in [(only, alone), (old.with(&mut changes), map(expected))] {
            assert_eq!(new, expected, "{old:?} with {own:?}");
            assert_eq!(start(&new) == start(&old), new == old, "{old:?}");
        }
    }

    #[test]
    fn some_members_are_changed() {
        check("", "a=1", "a=1");
        check("b=1", "a=1 c=2", "a=1 b=1 c=2");
        check("a=1 b=2 c=3", "b=4", "a=1 b=4 c=3");
        check("a=1 b=2 c=3", "a= c=", "b=2");
        check("a=1 b=2", "a=1 b=2 c=", "a=1 b=2");
        check("a=1", "b= c=3", "a=1 c=3");
    }
}
