//! YAML and JSON in and out.

use super::{HelmFunction, bytes, deep, fault, plain, text};
use crate::json::{COMPACT, Found, Style, check_finite, decode, encode, to_yaml};
use crate::render::Context;
use gotmpl::Type::{Any, String as Str};
use gotmpl::value::{ElementType, List, ListType};
use gotmpl::{Error, Machine, Map, Value};

const PRETTY: Style = Style {
    escape_html: true,
    pretty: true,
};
const RAW: Style = Style {
    escape_html: false,
    pretty: false,
};

pub(super) static TABLE: &[HelmFunction] = &[
    plain("fromJson", &[Str], |machine, args| {
        charge_reading(machine, &args)?;
        Ok(from_json(bytes(&args, 0)).into())
    }),
    plain("fromJsonArray", &[Str], |machine, args| {
        charge_reading(machine, &args)?;
        Ok(from_json_array(bytes(&args, 0)))
    }),
    plain("fromYaml", &[Str], |machine, args| {
        charge_reading(machine, &args)?;
        Ok(from_yaml(&text(&args, 0)).into())
    }),
    plain("fromYamlArray", &[Str], |machine, args| {
        charge_reading(machine, &args)?;
        Ok(from_yaml_array(&text(&args, 0)))
    }),
    plain("mustFromJson", &[Str], |machine, args| {
        charge_reading(machine, &args)?;
        decode(bytes(&args, 0)).map_err(|found| Error::new(found.message))
    }),
    deep("mustToJson", &[Any], |_, args| {
        must(encode(&args[0], COMPACT))
    }),
    deep("mustToPrettyJson", &[Any], |_, args| {
        must(encode(&args[0], PRETTY))
    }),
    deep("mustToRawJson", &[Any], |_, args| {
        must(encode(&args[0], RAW))
    }),
    deep("mustToYaml", &[Any], |_, args| must(write_yaml(&args[0]))),
    deep("toJson", &[Any], |_, args| {
        Ok(encode(&args[0], COMPACT).unwrap_or_default().into())
    }),
    deep("toPrettyJson", &[Any], |_, args| {
        Ok(encode(&args[0], PRETTY).unwrap_or_default().into())
    }),
    deep("toRawJson", &[Any], |_, args| must(encode(&args[0], RAW))),
    deep("toYamlPretty", &[Any], |_, args| {
        let text = to_yaml(&args[0])
            .map(|value| yaml::encode_indented(&value))
            .unwrap_or_default();
        Ok(text.strip_suffix('\n').unwrap_or(&text).into())
    }),
    deep("toYaml", &[Any], |_, args| {
        Ok(write_yaml(&args[0]).unwrap_or_default().into())
    }),
];

fn must(result: Result<String, String>) -> Result<Value, Error> {
    match result {
        Ok(text) => Ok(text.into()),
        Err(message) => fault(message),
    }
}

/// Reading takes longer than other functions do with a text.
pub(super) fn charge_reading(
    machine: &mut Machine<'_, Context>,
    args: &[Value],
) -> Result<(), Error> {
    machine.charge(bytes(args, 0).len() as u64 / 4)
}

/// The value as YAML, without its last line break.
pub(super) fn write_yaml(value: &Value) -> Result<String, String> {
    let mut value = to_yaml(value)?;
    if !reads_as_written(&value) {
        value = read_back(&value)?;
    }
    let text = yaml::encode(&value);
    Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
}

/// NEL, a line break to YAML and a letter to JSON.
const NEXT_LINE: char = '\u{85}';

/// Whether JSON leaves the letter as it is and YAML does not take it for what it is.
fn is_odd(letter: char) -> bool {
    matches!(letter, '\u{7F}'..='\u{9F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Whether no text of the value is changed by [`read_back`].
fn reads_as_written(value: &yaml::Value) -> bool {
    match value {
        yaml::Value::String(text) => !text.contains(is_odd),
        yaml::Value::List(items) => items.iter().all(reads_as_written),
        yaml::Value::Map(map) => map
            .iter()
            .all(|(key, value)| !key.contains(is_odd) && reads_as_written(value)),
        _ => true,
    }
}

/// What YAML's reader makes of the value's JSON, which is what sigs.k8s.io/yaml then writes
/// (`JSONToYAML`): control characters are refused, and a [`NEXT_LINE`] is folded.
fn read_back(value: &yaml::Value) -> Result<yaml::Value, String> {
    Ok(match value {
        yaml::Value::String(text) => fold(text)?.into(),
        yaml::Value::List(items) => {
            let items: Result<Vec<yaml::Value>, String> = items.iter().map(read_back).collect();
            yaml::Value::from(items?)
        }
        yaml::Value::Map(map) => {
            let mut members = Vec::new();
            for (key, value) in map.iter() {
                if key.contains(NEXT_LINE) {
                    return Err("yaml: did not find expected ',' or '}'".to_owned());
                }
                members.push((fold(key)?, read_back(value)?));
            }
            yaml::Value::Map(members.into_iter().collect())
        }
        plain => plain.clone(),
    })
}

/// A text as a double-quoted scalar is read that holds it.
fn fold(text: &str) -> Result<String, String> {
    if text.contains(|letter| is_odd(letter) && letter != NEXT_LINE) {
        return Err("yaml: control characters are not allowed".to_owned());
    }
    let mut lines = text.split(NEXT_LINE).peekable();
    let mut folded = lines.next().unwrap_or_default().to_owned();
    let mut breaks = 0;
    while let Some(line) = lines.next() {
        if breaks == 0 {
            folded.truncate(folded.trim_end_matches(' ').len());
        }
        breaks += 1;
        let line = line.trim_start_matches(' ');
        let is_last = lines.peek().is_none();
        if is_last || !line.is_empty() {
            match breaks {
                1 => folded.push(' '),
                _ => folded.push_str(&"\n".repeat(breaks - 1)),
            }
            folded.push_str(line);
            breaks = 0;
        }
    }
    Ok(folded)
}

/// A map with the error under `Error`.
fn error_map(message: &str) -> Map {
    let map = Map::new();
    map.insert("Error", message);
    map
}

fn from_json(text: &[u8]) -> Map {
    match decode(text) {
        Ok(Value::Map(map)) => map,
        Ok(Value::Nil) => Map::nil(&gotmpl::value::ANY_MAP),
        Ok(value) => error_map(&wrong_json(&value, "map[string]interface {}")),
        Err(Found { message, value }) => match value {
            Some(Value::Map(map)) => {
                map.insert("Error", message);
                map
            }
            Some(value) => error_map(&wrong_json(&value, "map[string]interface {}")),
            None => error_map(&message),
        },
    }
}

/// A nil `[]interface {}`, what `null` gives.
static NIL_LIST: ListType = ListType {
    name: "[]interface {}",
    of: ElementType::Any,
    is_nil: true,
};

fn from_json_array(text: &[u8]) -> Value {
    match decode(text) {
        Ok(Value::List(list)) => Value::List(list),
        Ok(Value::Nil) => Value::List(List::typed(&NIL_LIST, Vec::new())),
        Ok(value) => Value::list(vec![wrong_json(&value, "[]interface {}").into()]),
        Err(Found { message, value }) => Value::list(vec![match value {
            None | Some(Value::List(_)) => message.into(),
            Some(value) => wrong_json(&value, "[]interface {}").into(),
        }]),
    }
}

/// Go's error for JSON of another kind than is asked for.
fn wrong_json(value: &Value, target: &str) -> String {
    let kind = match value {
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        _ => "number",
    };
    format!("json: cannot unmarshal {kind} into Go value of type {target}")
}

/// The first document of a text, as `sigs.k8s.io/yaml` reads it.
fn read_yaml(text: &str) -> Result<Value, String> {
    let value = yaml::decode_with(text, yaml::Duplicates::LastWins)
        .map_err(|error| format!("error converting YAML to JSON: {error}"))?;
    check_finite(&value).map_err(|message| format!("error converting YAML to JSON: {message}"))?;
    Ok(Value::from(&value))
}

fn from_yaml(text: &str) -> Map {
    match read_yaml(text) {
        Ok(Value::Map(map)) => map,
        Ok(Value::Nil) => Map::new(),
        Ok(value) => error_map(&wrong_yaml(&value, "map[string]interface {}")),
        Err(message) => error_map(&message),
    }
}

fn from_yaml_array(text: &str) -> Value {
    match read_yaml(text) {
        Ok(Value::List(list)) => Value::List(list),
        Ok(Value::Nil) => Value::list(Vec::new()),
        Ok(value) => Value::list(vec![wrong_yaml(&value, "[]interface {}").into()]),
        Err(message) => Value::list(vec![message.into()]),
    }
}

fn wrong_yaml(value: &Value, target: &str) -> String {
    format!(
        "error unmarshaling JSON: while decoding JSON: {}",
        wrong_json(value, target)
    )
}
