//! Checks of the values.

use super::Found;
use crate::texts::checks as words;
use ecow::{EcoString, eco_format};
use yaml::Value;

/// What a key ends with that holds a secret.
const SECRET: [&str; 10] = [
    "accesskey",
    "apikey",
    "clientsecret",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "token",
];

pub(super) fn secret_in_values(found: &mut Found<'_>) {
    let mut secrets = Vec::new();
    collect(
        &found.subject.side.values,
        &EcoString::new(),
        0,
        &mut secrets,
    );
    for path in secrets {
        found.at_value(&path, words::secret_value(&path));
    }
}

/// The paths of values that are texts and whose key says that they are secret.
fn collect(value: &Value, path: &EcoString, depth: usize, secrets: &mut Vec<EcoString>) {
    const DEPTH_MAX: usize = 64;
    if depth > DEPTH_MAX {
        return;
    }
    for (key, value) in value.members() {
        // Such a key would have to be written otherwise in a path; nobody has secrets there.
        if key.contains(['.', '[', ']', '\\']) {
            continue;
        }
        let path = match path.as_str() {
            "" => key.clone(),
            path => eco_format!("{path}.{key}"),
        };
        let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_lowercase();
        let is_secret =
            SECRET.iter().any(|end| plain.ends_with(end)) && !plain.starts_with("existing");
        match value {
            Value::String(text) if is_secret && is_literal(text) => secrets.push(path),
            Value::Map(_) => collect(value, &path, depth + 1, secrets),
            _ => {}
        }
    }
}

/// Whether a text is a secret itself, rather than a template, a path, or nothing yet.
fn is_literal(text: &str) -> bool {
    let is_reference =
        text.contains("{{") || text.starts_with(['/', '$', '<']) || text.contains("://");
    !text.trim().is_empty() && !is_reference
}
