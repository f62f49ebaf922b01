//! The functions of Helm's templates: sprig's, and Helm's own. One file a group, one line a function
//! in its group's table, one line a group here.

mod convert;
mod crypto;
mod date;
mod dicts;
mod duration;
pub(crate) mod encoding;
mod files;
mod lists;
mod logic;
mod math;
mod passwords;
mod paths;
mod printer;
pub(crate) mod random;
mod regex;
mod secrets;
mod semver;
mod strings;
mod template;
mod toml;
mod types;
mod urls;
mod words;

use crate::render::Context;
use gotmpl::value::Text;
use gotmpl::{Error, Function, Machine, Type, Value};
use std::borrow::Cow;

pub(crate) use date::{check_time, format_ms};
pub use duration::parse_duration;
pub(crate) use files::{FILES, file_map, method};
pub(crate) use printer::PRINTER;
pub(crate) use semver::{Constraint, Version};
pub use urls::check_url;
#[cfg(feature = "metaschemas")]
pub(crate) use urls::scheme_and_host;

/// A function of Helm's templates.
pub(crate) type HelmFunction = Function<Context>;

type Call = fn(&mut Machine<'_, Context>, Vec<Value>) -> Result<Value, Error>;

/// Every function.
pub(crate) fn all() -> impl Iterator<Item = &'static HelmFunction> {
    let groups: [&'static [HelmFunction]; 20] = [
        convert::TABLE,
        crypto::TABLE,
        date::TABLE,
        dicts::TABLE,
        duration::TABLE,
        encoding::TABLE,
        lists::TABLE,
        logic::TABLE,
        math::TABLE,
        passwords::TABLE,
        paths::TABLE,
        random::TABLE,
        regex::TABLE,
        secrets::TABLE,
        semver::TABLE,
        strings::TABLE,
        template::TABLE,
        toml::TABLE,
        types::TABLE,
        urls::TABLE,
    ];
    groups.into_iter().flatten()
}

/// A function with as many arguments as it has parameters.
const fn plain(name: &'static str, params: &'static [Type], call: Call) -> HelmFunction {
    Function {
        name,
        params,
        variadic: false,
        deep: false,
        call,
    }
}

/// A function whose last parameter may be given any number of times.
const fn variadic(name: &'static str, params: &'static [Type], call: Call) -> HelmFunction {
    Function {
        name,
        params,
        variadic: true,
        deep: false,
        call,
    }
}

/// A function that looks at everything inside its arguments.
const fn deep(name: &'static str, params: &'static [Type], call: Call) -> HelmFunction {
    Function {
        deep: true,
        ..plain(name, params, call)
    }
}

/// The same with a last parameter that may be given any number of times.
const fn deep_variadic(name: &'static str, params: &'static [Type], call: Call) -> HelmFunction {
    Function {
        deep: true,
        ..variadic(name, params, call)
    }
}

/// An error where a text that is to be made would be too long.
fn check_size(bytes: usize) -> Result<(), Error> {
    if bytes > gotmpl::OUTPUT_MAX {
        let most = gotmpl::OUTPUT_MAX;
        return fault(format!("exceeded maximum output of {most} bytes"));
    }
    Ok(())
}

fn fault<T>(message: impl Into<String>) -> Result<T, Error> {
    Err(Error::new(message))
}

/// What Go says when a nil is asked for its type.
const NIL_POINTER: &str = "runtime error: invalid memory address or nil pointer dereference";

/// The bytes of a string argument.
fn bytes(args: &[Value], at: usize) -> &[u8] {
    match args.get(at) {
        Some(Value::String(text) | Value::Bytes(text)) => text.as_bytes(),
        _ => b"",
    }
}

/// A string argument, with U+FFFD for what is not UTF-8.
fn text(args: &[Value], at: usize) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes(args, at))
}

/// An `int` argument.
fn int(args: &[Value], at: usize) -> i64 {
    match args.get(at) {
        Some(Value::Int(_, number)) => *number,
        _ => 0,
    }
}

/// An argument, nil if it was not given.
fn arg(args: &[Value], at: usize) -> Value {
    args.get(at).cloned().unwrap_or_default()
}

/// A map argument.
fn map(args: &[Value], at: usize) -> gotmpl::Map {
    match args.get(at) {
        Some(Value::Map(map)) => map.clone(),
        _ => gotmpl::Map::new(),
    }
}

/// Any value as text, as sprig's `strval` makes it.
fn string_of(value: &Value) -> Text {
    match value {
        Value::String(text) | Value::Bytes(text) => text.clone(),
        Value::Nil => Text::from("<nil>"),
        value => gotmpl::print::to_text(value),
    }
}

/// The values as strings, nil left out, as sprig's `strslice` makes them.
fn strings_of(value: &Value) -> Vec<Text> {
    match (value, value.elements()) {
        (_, Some(elements)) => elements
            .iter()
            .filter(|item| !item.is_nil())
            .map(string_of)
            .collect(),
        (Value::Nil, _) => Vec::new(),
        (value, _) => vec![string_of(value)],
    }
}
