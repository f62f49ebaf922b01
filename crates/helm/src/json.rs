//! JSON as Go's `encoding/json` reads and writes it.

mod read;

use crate::functions::Version;
use gotmpl::value::{StructType, Text};
use gotmpl::{Map, Value};
use yaml::number::format_json;

pub(crate) use read::{Found, decode, decode_prefix};

/// How deep a value may nest.
pub(crate) const DEPTH_MAX: usize = 200;

/// How to write.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    /// Whether `<`, `>` and `&` are escaped, as `json.Marshal` does.
    pub escape_html: bool,
    /// Whether members stand on lines of their own, two spaces deep.
    pub pretty: bool,
}

/// `json.Marshal`
pub(crate) const COMPACT: Style = Style {
    escape_html: true,
    pretty: false,
};

/// The value as JSON.
pub(crate) fn encode(value: &Value, style: Style) -> Result<String, String> {
    let mut out = String::new();
    write(&mut out, value, style, 0)?;
    Ok(out)
}

fn write(out: &mut String, value: &Value, style: Style, depth: usize) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err(format!("json: exceeded maximum depth of {DEPTH_MAX}"));
    }
    match value {
        Value::Nil => out.push_str("null"),
        Value::Map(map) if map.is_nil && map.is_empty() => out.push_str("null"),
        Value::List(list) if list.ty.is_nil => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(_, number) => out.push_str(&number.to_string()),
        Value::Uint(_, number) => out.push_str(&number.to_string()),
        Value::Float(number) if !number.is_finite() => {
            let shown = yaml::number::format_g(*number);
            return Err(format!("json: unsupported value: {shown}"));
        }
        Value::Float(number) => out.push_str(&format_json(*number)),
        Value::String(text) => write_string(out, text, style.escape_html),
        Value::Bytes(bytes) => {
            out.push('"');
            out.push_str(&crate::functions::encoding::base64_encode(bytes.as_bytes()));
            out.push('"');
        }
        Value::List(items) => {
            let items = items.iter().map(|item| (None, item.clone())).collect();
            write_members(out, "[", items, "]", style, depth)?;
        }
        Value::Map(map) => {
            let members = map
                .snapshot()
                .into_iter()
                .map(|(k, v)| (Some(k), v))
                .collect();
            write_members(out, "{", members, "}", style, depth)?;
        }
        Value::Struct(of) => match (&of.text, of.ty.name) {
            (Some(text), "time.Time") => {
                let text = of
                    .field("rfc3339")
                    .map_or_else(|| text.clone(), gotmpl::print::to_text);
                write_string(out, &text, style.escape_html);
            }
            // A version is JSON by its text.
            (Some(text), "*semver.Version") => write_string(out, text, style.escape_html),
            _ => {
                let members = exported(of).collect();
                write_members(out, "{", members, "}", style, depth)?;
            }
        },
    }
    Ok(())
}

/// The fields that Go shows outside.
fn exported(of: &gotmpl::value::Struct) -> impl Iterator<Item = (Option<Text>, Value)> + '_ {
    of.fields
        .iter()
        .filter(|(name, _)| name.starts_with(char::is_uppercase))
        .map(|(name, value)| (Some(Text::from(json_name(of.ty, name))), value.clone()))
}

/// Helm's build information has names of its own in JSON.
fn json_name(ty: &StructType, field: &'static str) -> &'static str {
    if ty.name != "version.BuildInfo" {
        return field;
    }
    match field {
        "Version" => "version",
        "GitCommit" => "git_commit",
        "GitTreeState" => "git_tree_state",
        "GoVersion" => "go_version",
        "KubeClientVersion" => "kube_client_version",
        _ => field,
    }
}

fn write_members(
    out: &mut String,
    open: &str,
    members: Vec<(Option<Text>, Value)>,
    close: &str,
    style: Style,
    depth: usize,
) -> Result<(), String> {
    out.push_str(open);
    let is_empty = members.is_empty();
    for (at, (key, value)) in members.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        new_line(out, style, depth + 1);
        if let Some(key) = key {
            write_string(out, &key, style.escape_html);
            out.push_str(if style.pretty { ": " } else { ":" });
        }
        write(out, &value, style, depth + 1)?;
        if out.len() > gotmpl::OUTPUT_MAX {
            return Err(format!(
                "json: exceeded maximum output of {} bytes",
                gotmpl::OUTPUT_MAX
            ));
        }
    }
    if !is_empty {
        new_line(out, style, depth);
    }
    out.push_str(close);
    Ok(())
}

fn new_line(out: &mut String, style: Style, depth: usize) {
    if style.pretty {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// What is not UTF-8 is written as Go writes it: a replacement character.
fn write_string(out: &mut String, text: &Text, escape_html: bool) {
    let text = String::from_utf8_lossy(text.as_bytes());
    yaml::json::quote(&text, escape_html, out);
}

/// A template's value as a plain one, by the way of JSON: what `toYaml` writes.
pub(crate) fn to_yaml(value: &Value) -> Result<yaml::Value, String> {
    to_yaml_at(value, 0)
}

fn to_yaml_at(value: &Value, depth: usize) -> Result<yaml::Value, String> {
    if depth > DEPTH_MAX {
        return Err(format!("json: exceeded maximum depth of {DEPTH_MAX}"));
    }
    Ok(match value {
        Value::Nil => yaml::Value::Null,
        Value::Map(map) if map.is_nil && map.is_empty() => yaml::Value::Null,
        Value::List(list) if list.ty.is_nil => yaml::Value::Null,
        Value::Bool(flag) => yaml::Value::Bool(*flag),
        Value::Int(_, number) => yaml::Value::Int(*number),
        Value::Uint(_, number) => match i64::try_from(*number) {
            Ok(number) => yaml::Value::Int(number),
            Err(_) => yaml::Value::Float(*number as f64),
        },
        Value::Float(number) if !number.is_finite() => {
            let shown = yaml::number::format_g(*number);
            return Err(format!("json: unsupported value: {shown}"));
        }
        Value::Float(number) => yaml::Value::Float(*number),
        Value::String(text) => yaml::Value::from(text.to_str().as_ref()),
        Value::List(items) => {
            let items: Result<Vec<yaml::Value>, String> = items
                .iter()
                .map(|item| to_yaml_at(item, depth + 1))
                .collect();
            yaml::Value::from(items?)
        }
        Value::Map(map) => {
            let mut members = Vec::new();
            for (key, value) in map.snapshot() {
                members.push((key.to_str().into_owned(), to_yaml_at(&value, depth + 1)?));
            }
            yaml::Value::Map(members.into_iter().collect())
        }
        Value::Bytes(_) | Value::Struct(_) => {
            let json = encode(value, COMPACT)?;
            let value = decode(json.as_bytes()).map_err(|error| error.message)?;
            to_yaml_at(&value, depth + 1)?
        }
    })
}

/// A copy that shares nothing.
pub(crate) fn deep_copy(value: &Value) -> Value {
    deep_copy_at(value, 0)
}

fn deep_copy_at(value: &Value, depth: usize) -> Value {
    match value {
        _ if depth > DEPTH_MAX => Value::Nil,
        Value::Map(map) => Value::Map(copy_map(map, depth)),
        Value::List(items) => Value::List(gotmpl::List::typed(
            items.ty,
            items
                .iter()
                .map(|item| deep_copy_at(item, depth + 1))
                .collect(),
        )),
        // Go copies the fields that are seen outside: of a version none.
        Value::Struct(of) if of.ty.name == "*semver.Version" => Version::default().to_value(""),
        value => value.clone(),
    }
}

fn copy_map(map: &Map, depth: usize) -> Map {
    let copy = Map::of(map.ty);
    for (key, value) in map.snapshot() {
        copy.insert(key, deep_copy_at(&value, depth + 1));
    }
    copy
}

/// A copy of a map that shares nothing.
pub(crate) fn deep_copy_map(map: &Map) -> Map {
    copy_map(map, 0)
}

/// JSON has no infinities.
pub(crate) fn check_finite(value: &yaml::Value) -> Result<(), String> {
    match value {
        yaml::Value::Float(number) if !number.is_finite() => {
            let shown = yaml::number::format_g(*number);
            Err(format!("json: unsupported value: {shown}"))
        }
        yaml::Value::List(items) => items.iter().try_for_each(check_finite),
        yaml::Value::Map(map) => map.iter().try_for_each(|(_, value)| check_finite(value)),
        _ => Ok(()),
    }
}
