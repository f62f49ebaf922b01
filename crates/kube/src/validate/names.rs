//! The forms of names and values (`k8s.io/apimachinery/pkg/util/validation`,
//! `pkg/api/validate/content`). Each function gives what is wrong with a text, in the server's words.

use ecow::{EcoString, eco_format};

/// A rule about the form of a text: what it breaks.
pub(super) type Check = fn(&str) -> Vec<EcoString>;

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters \
    or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', \
    regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
    characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
    'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const SEARCH_DOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case \
    alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character \
    (e.g. 'example.com', regex used for validation is \
    '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";

const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS \
    subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an \
    alphanumeric character (e.g. '*.example.com', regex used for validation is \
    '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric \
    characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. \
    'MyValue',  or 'my_value',  or '12345', regex used for validation is \
    '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const LABEL_KEY: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start \
    and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used \
    for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or \
    '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is \
    '[-._a-zA-Z0-9]+')";

const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' \
    (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

const HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. \
    'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

const VARIABLE: &str = "a valid environment variable name must consist only of printable ASCII \
    characters other than '='";

/// The faults that are true.
fn said(faults: &[(bool, &str)]) -> Vec<EcoString> {
    let mut said = Vec::new();
    for (is, words) in faults {
        if *is {
            said.push((*words).into());
        }
    }
    said
}

fn lower(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Whether a text begins and ends with an `edge` and has only `inner` between.
fn shaped(bytes: &[u8], edge: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    let ends = [bytes.first(), bytes.last()];
    ends.iter().all(|end| end.is_some_and(|byte| edge(*byte)))
        && bytes.iter().all(|byte| inner(*byte))
}

fn is_label(text: &[u8]) -> bool {
    shaped(text, lower, |byte| lower(byte) || byte == b'-')
}

fn is_subdomain(text: &str) -> bool {
    text.as_bytes().split(|byte| *byte == b'.').all(is_label)
}

fn is_key_name(text: &str) -> bool {
    shaped(
        text.as_bytes(),
        |byte| byte.is_ascii_alphanumeric(),
        |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
    )
}

/// A DNS label: `my-name`.
pub(crate) fn label(text: &str) -> Vec<EcoString> {
    let dotted = is_subdomain(text);
    said(&[
        (text.len() > 63, "must be no more than 63 characters"),
        (
            !is_label(text.as_bytes()),
            if dotted {
                "must not contain dots"
            } else {
                LABEL
            },
        ),
    ])
}

/// Labels joined by dots: `example.com`. What most objects are called by.
pub(crate) fn subdomain(text: &str) -> Vec<EcoString> {
    said(&[
        (text.len() > 253, "must be no more than 253 characters"),
        (!is_subdomain(text), SUBDOMAIN),
    ])
}

/// A domain to search in: a subdomain whose labels may have underscores, too.
pub(super) fn search_domain(text: &str) -> Vec<EcoString> {
    let in_label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_label = |label: &str| {
        let label = label.strip_prefix('_').unwrap_or(label);
        label.starts_with(in_label)
            && label.ends_with(in_label)
            && label.chars().all(|c| in_label(c) || "-_".contains(c))
    };
    said(&[
        (text.len() > 253, "must be no more than 253 characters"),
        (!text.split('.').all(is_label), SEARCH_DOMAIN),
    ])
}

/// `*.example.com`
pub(super) fn wildcard(text: &str) -> Vec<EcoString> {
    let fits = text.strip_prefix("*.").is_some_and(is_subdomain);
    said(&[
        (text.len() > 253, "must be no more than 253 characters"),
        (!fits, WILDCARD),
    ])
}

/// A part of a URL's path: what roles are called by.
pub(super) fn path_segment(text: &str) -> Vec<EcoString> {
    if matches!(text, "." | "..") {
        return vec![eco_format!("may not be '{text}'")];
    }
    said(&[
        (text.contains('/'), "may not contain '/'"),
        (text.contains('%'), "may not contain '%'"),
    ])
}

/// The key of a label, an annotation, a finalizer: `example.com/name` or `name`.
pub(crate) fn label_key(text: &str) -> Vec<EcoString> {
    let parts: Vec<&str> = text.split('/').collect();
    let mut faults = Vec::new();
    let name = match parts.as_slice() {
        [name] => name,
        ["", name] => {
            faults.push("prefix part must be non-empty".into());
            name
        }
        [prefix, name] => {
            let bad = subdomain_in_bytes(prefix);
            faults.extend(
                bad.into_iter()
                    .map(|fault| eco_format!("prefix part {fault}")),
            );
            name
        }
        _ => {
            return vec![eco_format!(
                "a valid label key {LABEL_KEY} with an optional DNS subdomain prefix and '/' (e.g. \
                 'example.com/MyName')"
            )];
        }
    };
    for (is, fault) in [
        (name.is_empty(), "must be non-empty"),
        (name.len() > 63, "must be no more than 63 bytes"),
        (!is_key_name(name), LABEL_KEY),
    ] {
        if is {
            faults.push(eco_format!("name part {fault}"));
        }
    }
    faults
}

fn subdomain_in_bytes(text: &str) -> Vec<EcoString> {
    said(&[
        (text.len() > 253, "must be no more than 253 bytes"),
        (!is_subdomain(text), SUBDOMAIN),
    ])
}

/// The value of a label.
pub(crate) fn label_value(text: &str) -> Vec<EcoString> {
    said(&[
        (text.len() > 63, "must be no more than 63 bytes"),
        (!text.is_empty() && !is_key_name(text), LABEL_VALUE),
    ])
}

/// A port's name: `http`.
pub(super) fn port(text: &str) -> Vec<EcoString> {
    let charset = !text.is_empty() && text.bytes().all(|byte| lower(byte) || byte == b'-');
    let letter = text.bytes().any(|byte| byte.is_ascii_lowercase());
    said(&[
        (text.len() > 15, "must be no more than 15 characters"),
        (
            !charset,
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (!letter, "must contain at least one letter (a-z)"),
        (text.contains("--"), "must not contain consecutive hyphens"),
        (
            text.starts_with('-') || text.ends_with('-'),
            "must not begin or end with a hyphen",
        ),
    ])
}

/// The key of a ConfigMap or Secret: a file's name.
pub(super) fn config_key(text: &str) -> Vec<EcoString> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    said(&[
        (text.len() > 253, "must be no more than 253 characters"),
        (text.is_empty() || !text.bytes().all(inner), CONFIG_KEY),
        (text == ".", "must not be '.'"),
        (text == "..", "must not be '..'"),
        (
            text.starts_with("..") && text != "..",
            "must not start with '..'",
        ),
    ])
}

/// `25%`
pub(super) fn percent(text: &str) -> Vec<EcoString> {
    let number = text.strip_suffix('%').unwrap_or_default();
    let fits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    said(&[(!fits, PERCENT)])
}

/// The name of an HTTP header.
pub(super) fn header(text: &str) -> Vec<EcoString> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    said(&[(text.is_empty() || !text.bytes().all(inner), HEADER)])
}

/// The name of an environment variable.
pub(super) fn variable(text: &str) -> Vec<EcoString> {
    let printable = |c: char| (' '..='~').contains(&c) && c != '=';
    said(&[
        (
            text.is_empty(),
            "environment variable name must be non-empty",
        ),
        (!text.chars().all(printable), VARIABLE),
    ])
}

/// Whether it is the name of a kernel's setting: words with points or slashes between them.
pub fn is_sysctl(name: &str) -> bool {
    let edge = |byte: Option<u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let inner = |byte: u8| edge(Some(byte)) || matches!(byte, b'-' | b'_');
    let word = |word: &str| {
        edge(word.bytes().next()) && edge(word.bytes().last()) && word.bytes().all(inner)
    };
    name.len() <= 253 && name.split(['.', '/']).all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        let cases: &[(Check, &str, usize)] = &[
            (label, "web-1", 0),
            (label, "web.shop", 1),
            (label, "Web", 1),
            (label, "", 1),
            (subdomain, "web.shop", 0),
            (subdomain, "web..shop", 1),
            (wildcard, "*.example.com", 0),
            (wildcard, "a.*.com", 1),
            (label_key, "example.com/name", 0),
            (label_key, "/name", 1),
            (label_key, "a/b/c", 1),
            (label_key, "", 2),
            (label_value, "", 0),
            (label_value, "b c", 1),
            (port, "http", 0),
            (port, "HTTP", 2),
            (port, "", 2),
            (config_key, "a.b", 0),
            (config_key, "..", 1),
            (percent, "25%", 0),
            (percent, "25", 1),
            (variable, "A B", 0),
            (variable, "A=B", 1),
            (path_segment, "system:node", 0),
            (path_segment, "a/b", 1),
        ];
        for (check, text, expected) in cases {
            assert_eq!(check(text).len(), *expected, "{text:?}");
        }
    }
}
