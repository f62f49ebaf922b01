//! `yq`: prints a value of a YAML file, or changes one and keeps every other byte.
//!
//! Words of mikefarah's yq 4. Of its language the lab knows paths, and `PATH = VALUE` with `-i`.

use super::answer::Answer;
use super::commands::not_simulated;
use super::machine::Machine;
use ecow::{EcoString, eco_format};
use yaml::Value;

/// `yq [-r] .PATH FILE` and `yq -i '.PATH = VALUE' FILE`
pub fn yq(machine: &mut Machine<'_>, args: &[EcoString]) -> Answer {
    let is_flag = |arg: &&EcoString| {
        matches!(
            arg.as_str(),
            "-r" | "e" | "eval" | "-e" | "-i" | "--inplace" | "-y" | "-P"
        )
    };
    let is_in_place = args
        .iter()
        .any(|arg| matches!(arg.as_str(), "-i" | "--inplace"));
    let words: Vec<&EcoString> = args.iter().filter(|arg| !is_flag(arg)).collect();
    let (expression, file) = match words.as_slice() {
        [expression, file] => (*expression, Some(*file)),
        [expression] => (*expression, None),
        _ => return not_simulated("yq", args),
    };
    let text = match file {
        None => machine.read(),
        Some(file) => match machine.file(file) {
            Some(text) => text.clone(),
            None => {
                let why = eco_format!("Error: open {file}: no such file or directory");
                return Answer::failed(1, why);
            }
        },
    };
    let shown = file.map_or("-", EcoString::as_str);
    let bad = |error: &yaml::Error| {
        let why = eco_format!(
            "Error: bad file '{shown}': yaml: line {}: {}",
            error.line,
            error.message
        );
        Answer::failed(1, why)
    };
    let mut edited = text.clone();
    let mut parts = expression.split('|').map(str::trim).peekable();
    if expression.contains(" = ") {
        for part in parts {
            let assigned = part.split_once(" = ").and_then(|(path, value)| {
                Some((keys(path.trim())?, value_of(machine, value.trim())?))
            });
            let Some((path, value)) = assigned else {
                return not_simulated("yq", args);
            };
            let path: Vec<&str> = path.iter().map(EcoString::as_str).collect();
            match yaml::edit::set(&edited, &path, &value) {
                Ok(text) => edited = text.into(),
                Err(error) => return bad(&error),
            }
        }
        if let (true, Some(file)) = (is_in_place, file) {
            machine.write(file, edited);
            return Answer::default();
        }
        return Answer::ok(edited);
    }
    let path = parts.next().and_then(keys);
    let (Some(path), None) = (path, parts.next()) else {
        return not_simulated("yq", args);
    };
    let value = match yaml::decode_with(&text, yaml::Duplicates::LastWins) {
        Ok(value) => value,
        Err(error) => return bad(&error),
    };
    let reached = path.iter().fold(&value, |value, key| match value {
        Value::List(items) => {
            let at = key.parse::<usize>().ok();
            at.and_then(|at| items.get(at)).unwrap_or(&Value::NULL)
        }
        value => value.get(key),
    });
    match reached {
        Value::String(text) => Answer::ok(text.clone()),
        Value::Null => Answer::ok("null"),
        other => Answer::ok(yaml::encode(other)),
    }
}

/// The keys of `.a.b`, `.a["b"]`, `.a[0]`; none if it is more than a path.
fn keys(path: &str) -> Option<Vec<EcoString>> {
    let mut keys = Vec::new();
    let mut rest = path.strip_prefix('.')?;
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let (key, after) = if let Some(inner) = rest.strip_prefix('[') {
            let (key, after) = inner.split_once(']')?;
            (key.trim_matches('"'), after)
        } else if let Some(inner) = rest.strip_prefix('"') {
            inner.split_once('"')?
        } else {
            rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()))
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        if key.is_empty() || !key.chars().all(is_plain) {
            return None;
        }
        keys.push(key.into());
        rest = after;
    }
    Some(keys)
}

/// A literal, `env(NAME)` or `strenv(NAME)`.
fn value_of(machine: &Machine<'_>, text: &str) -> Option<Value> {
    let named = |function: &str| text.strip_prefix(function)?.strip_suffix(')');
    if let Some(name) = named("strenv(") {
        return Some(Value::String(machine.value(name).into()));
    }
    if let Some(name) = named("env(") {
        return yaml::decode(machine.value(name)).ok();
    }
    if let Some(text) = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        return Some(Value::String(text.into()));
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !text.chars().all(is_plain) {
        return None;
    }
    // Yq itself knows numbers and truth; any other bare word is no value to it.
    yaml::decode(text)
        .ok()
        .filter(|value| value.as_str().is_none())
}
