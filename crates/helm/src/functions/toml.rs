//! TOML in and out, as BurntSushi/toml writes it.

mod letters;
mod read;

use super::date::Time;
use super::{HelmFunction, bytes, deep, fault, plain};
use gotmpl::Type::{Any, String as Str};
use gotmpl::quote::is_print;
use gotmpl::value::Text;
use gotmpl::{Error, Map, Value};
use yaml::number::{exponent_of, format_e};

pub(super) static TABLE: &[HelmFunction] = &[
    plain("fromToml", &[Str], |machine, args| {
        super::convert::charge_reading(machine, &args)?;
        Ok(match read::decode(bytes(&args, 0)) {
            Ok(map) => map.into(),
            Err(message) => {
                let map = Map::new();
                map.insert("Error", message);
                map.into()
            }
        })
    }),
    deep("mustToToml", &[Any], |_, args| match encode(&args[0])? {
        Ok(text) => Ok(text.into()),
        Err(message) => fault(message),
    }),
    deep("toToml", &[Any], |_, args| {
        Ok(encode(&args[0])?.unwrap_or_else(|message| message).into())
    }),
];

/// The value as TOML; the inner error is one that `toToml` gives as text.
fn encode(value: &Value) -> Result<Result<String, String>, Error> {
    if value.is_nil() {
        return fault("reflect: call of reflect.Value.Type on zero Value");
    }
    let mut out = String::new();
    let written = match value {
        Value::Map(map) => table(&mut out, map, &mut Vec::new()),
        value => inline(&mut out, value, 0),
    };
    Ok(written.map(|()| out))
}

/// Whether a value is written under a `[name]` of its own.
fn is_table(value: &Value) -> bool {
    match value {
        Value::Map(_) => true,
        Value::List(items) => {
            !items.is_empty() && items.iter().all(|item| matches!(item, Value::Map(_)))
        }
        _ => false,
    }
}

fn table(out: &mut String, map: &Map, path: &mut Vec<String>) -> Result<(), String> {
    if path.len() > crate::json::DEPTH_MAX {
        return Err("toml: nested too deep".to_owned());
    }
    let indent = "  ".repeat(path.len());
    let members = map.snapshot();
    for (name, value) in members.iter().filter(|(_, value)| !is_table(value)) {
        if value.is_nil() {
            continue;
        }
        out.push_str(&format!("{indent}{} = ", key(name)));
        inline(out, value, 0)?;
        out.push('\n');
    }
    for (name, value) in members.iter().filter(|(_, value)| is_table(value)) {
        path.push(key(name));
        let indent = "  ".repeat(path.len() - 1);
        let joined = path.join(".");
        match value {
            Value::Map(inner) => {
                if path.len() == 1 && !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(&format!("{indent}[{joined}]\n"));
                table(out, inner, path)?;
            }
            value => {
                for item in value.elements().unwrap_or_default().iter() {
                    if let Value::Map(inner) = item {
                        if !out.is_empty() {
                            out.push('\n');
                        }
                        out.push_str(&format!("{indent}[[{joined}]]\n"));
                        table(out, inner, path)?;
                    }
                }
            }
        }
        path.pop();
    }
    Ok(())
}

fn key(name: &Text) -> String {
    let name = name.to_str();
    let bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) {
        name.into_owned()
    } else {
        string(&name)
    }
}

fn inline(out: &mut String, value: &Value, depth: usize) -> Result<(), String> {
    if depth > crate::json::DEPTH_MAX {
        return Err("toml: nested too deep".to_owned());
    }
    match value {
        Value::Nil => return Err("toml: cannot encode array with nil element".to_owned()),
        Value::Bool(flag) => out.push_str(&flag.to_string()),
        Value::Int(_, number) => out.push_str(&number.to_string()),
        Value::Uint(_, number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&float(*number)),
        Value::String(text) => out.push_str(&string(&text.to_str())),
        Value::Bytes(_) | Value::List(_) => {
            out.push('[');
            for (at, item) in value.elements().unwrap_or_default().iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                inline(out, item, depth + 1)?;
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (at, (name, value)) in map.snapshot().iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&format!("{} = ", key(name)));
                inline(out, value, depth + 1)?;
            }
            out.push('}');
        }
        Value::Struct(of) => match Time::from_value(value) {
            Some(time) => {
                let layout = match time.zone {
                    "datetime-local" => "2006-01-02T15:04:05.999999999",
                    "date-local" => "2006-01-02",
                    "time-local" => "15:04:05.999999999",
                    _ => "2006-01-02T15:04:05.999999999Z07:00",
                };
                out.push_str(&super::date::format(&time, layout));
            }
            None => return Err(format!("toml: unsupported type: {}", of.ty.name)),
        },
    }
    Ok(())
}

/// A float always shows that it is one.
fn float(number: f64) -> String {
    match number {
        _ if number.is_nan() && number.is_sign_negative() => "-nan".to_owned(),
        _ if number.is_nan() => "nan".to_owned(),
        f64::INFINITY => "inf".to_owned(),
        f64::NEG_INFINITY => "-inf".to_owned(),
        _ if number != 0.0 && !(-4..6).contains(&exponent_of(number)) => format_e(number),
        _ => {
            let text = format!("{number}");
            if text.contains('.') {
                text
            } else {
                format!("{text}.0")
            }
        }
    }
}

fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            _ if letter.is_ascii_control() || (letter.is_ascii() && !is_print(letter)) => {
                out.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}
