//! YAML read into a Go struct: which fields it has, what they take, and what is said of others
//! (sigs.k8s.io/yaml turns the document into JSON, with the struct in mind; encoding/json reads
//! that). What comes out is a mapping with the struct's own names.

use crate::error::Error;
use yaml::{Map, Value};

/// What a field takes.
pub(crate) enum Shape {
    /// `string`; YAML's numbers and flags are taken as they would be printed.
    Text,
    /// `bool`
    Flag,
    /// `time.Time`
    Time,
    /// `[]string`
    Texts,
    /// `[]interface {}`
    Anything,
    /// `map[string]string`
    TextMap,
    /// `*T`
    Record(&'static Record),
    /// `[]*T`
    Records(&'static Record),
}

/// A struct: its name in messages, and its fields.
pub(crate) struct Record {
    pub name: &'static str,
    pub fields: &'static [(&'static str, Shape)],
}

impl Record {
    /// The field that a key is of: upper and lower case are one if no field has just this name.
    pub fn field(&self, key: &str) -> Option<&'static (&'static str, Shape)> {
        let find = |is_it: &dyn Fn(&str) -> bool| self.fields.iter().find(|(name, _)| is_it(name));
        find(&|name| name == key).or_else(|| find(&|name| folds_to(key, name)))
    }
}

/// Reads the one document of `text` into a struct; the error is Go's.
pub(crate) fn read(text: &str, file: &str, record: &Record) -> Result<Value, Error> {
    let value = yaml::decode_with(text, yaml::Duplicates::LastWins)
        .map_err(|error| Error::yaml(file, "error converting YAML to JSON: ", &error))?;
    fit(&value, file, record)
}

/// A document that was decoded, as a struct.
pub(crate) fn fit(value: &Value, file: &str, record: &Record) -> Result<Value, Error> {
    let fail = |before: &str, message: String| Error::in_file(file, format!("{before}{message}"));
    check_finite(value, record)
        .map_err(|message| fail("error converting YAML to JSON: ", message))?;
    fields(value, record, "")
        .map_err(|message| fail("error unmarshaling JSON: while decoding JSON: ", message))
}

/// JSON has no infinities; where text is wanted, they were made text before.
fn check_finite(value: &Value, record: &Record) -> Result<(), String> {
    for (key, value) in value.members() {
        let is_text = matches!(record.field(key), Some((_, Shape::Text)));
        if !(is_text && matches!(value, Value::Float(_))) {
            crate::json::check_finite(value)?;
        }
    }
    Ok(())
}

/// Lays what a later document gave over what an earlier one gave, as Go does that reads both into
/// one struct: lists of structs go over each other item by item.
pub(crate) fn overlay(below: &mut Value, above: Value, record: &Record) {
    for (name, shape) in record.fields {
        let Some(given) = above.as_map().and_then(|map| map.get(name)) else {
            continue;
        };
        let place = below.entry(name);
        match (shape, given) {
            (Shape::Text | Shape::Flag | Shape::Time, Value::Null) => {}
            (Shape::TextMap, Value::Map(given)) => {
                for (key, value) in given.iter() {
                    place.set(key, value.clone());
                }
            }
            (Shape::Record(record), Value::Map(_)) => overlay(place, given.clone(), record),
            (Shape::Records(record), Value::List(given)) => {
                let items = given.iter().enumerate().map(|(at, item)| {
                    let mut below = place.items().get(at).cloned().unwrap_or_default();
                    match item {
                        Value::Null => Value::Null,
                        item => {
                            overlay(&mut below, item.clone(), record);
                            below
                        }
                    }
                });
                *place = Value::List(items.collect());
            }
            (_, given) => *place = given.clone(),
        }
    }
}

/// The name of the type in Go's messages.
fn go_type(shape: &Shape) -> String {
    match shape {
        Shape::Text => "string".to_owned(),
        Shape::Flag => "bool".to_owned(),
        Shape::Time => "time.Time".to_owned(),
        Shape::Texts => "[]string".to_owned(),
        Shape::Anything => "[]interface {}".to_owned(),
        Shape::TextMap => "map[string]string".to_owned(),
        Shape::Record(record) => record.name.to_owned(),
        Shape::Records(record) => format!("[]*{}", record.name),
    }
}

fn mismatch(value: &Value, path: &str, wanted: &str) -> String {
    let kind = value.kind();
    let place = match path.rsplit('.').next() {
        _ if path.is_empty() => "Go value".to_owned(),
        // The decoder has no word for what is an item and no field.
        Some(last) if last.bytes().all(|byte| byte.is_ascii_digit()) => path.to_owned(),
        _ => format!("Go struct field {path}"),
    };
    format!("json: cannot unmarshal {kind} into {place} of type {wanted}")
}

fn fields(value: &Value, record: &Record, path: &str) -> Result<Value, String> {
    let map = match value {
        Value::Null => return Ok(Value::Map(Map::new())),
        Value::Map(map) => map,
        _ => return Err(mismatch(value, path, record.name)),
    };
    let mut out = Value::Map(Map::new());
    for (key, value) in map.iter() {
        if let Some((name, shape)) = record.field(key) {
            let value = field(value, shape, &format!("{path}.{name}"))?;
            // A null leaves what another spelling of the name has set.
            if !(value.is_null() && matches!(shape, Shape::Text | Shape::Flag | Shape::Time)) {
                out.set(name, value);
            }
        }
    }
    Ok(out)
}

/// Whether a key is the name but for upper and lower case.
fn folds_to(key: &str, name: &str) -> bool {
    let fold = |letter: char| match letter {
        'ſ' => 's',
        '\u{212A}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars().map(fold))
}

fn field(value: &Value, shape: &Shape, path: &str) -> Result<Value, String> {
    match (shape, value) {
        (_, Value::Null) => Ok(Value::Null),
        (Shape::Text, Value::String(_))
        | (Shape::Flag, Value::Bool(_))
        | (Shape::Anything, Value::List(_)) => Ok(value.clone()),
        (Shape::Text, Value::Int(_) | Value::Float(_) | Value::Bool(_)) => Ok(scalar(value)),
        (Shape::Time, Value::String(text)) => {
            crate::functions::check_time("2006-01-02T15:04:05Z07:00", text)?;
            Ok(value.clone())
        }
        (Shape::Texts, Value::List(items)) => items_of(items, path, |item, path| {
            Ok(text_or_empty(field(item, &Shape::Text, path)?))
        }),
        (Shape::TextMap, Value::Map(map)) => {
            let mut out = Value::Map(Map::new());
            for (key, value) in map.iter() {
                let name = key.replace("~", "~0").replace("/", "~1");
                let value = field(value, &Shape::Text, &format!("{path}.{name}"))?;
                out.set(key, text_or_empty(value));
            }
            Ok(out)
        }
        (Shape::Record(record), Value::Map(_)) => fields(value, record, path),
        (Shape::Records(record), Value::List(items)) => {
            items_of(items, path, |item, path| match item {
                Value::Null => Ok(Value::Null),
                item => fields(item, record, path),
            })
        }
        _ => Err(mismatch(value, path, &go_type(shape))),
    }
}

fn items_of(
    items: &[Value],
    path: &str,
    read: impl Fn(&Value, &str) -> Result<Value, String>,
) -> Result<Value, String> {
    let items = items.iter().enumerate();
    let items = items.map(|(at, item)| read(item, &format!("{path}.{at}")));
    Ok(Value::List(items.collect::<Result<_, _>>()?))
}

fn text_or_empty(value: Value) -> Value {
    match value {
        Value::Null => Value::from(""),
        value => value,
    }
}

/// A number or flag where text is wanted.
fn scalar(value: &Value) -> Value {
    match value {
        Value::Int(number) => Value::from(number.to_string()),
        Value::Float(number) => Value::from(yaml::number::format_single(*number)),
        Value::Bool(flag) => Value::from(flag.to_string()),
        value => value.clone(),
    }
}
