//! How an answer is held against a recorded one: `{…}` in a recorded text stands for any text, and so
//! do uids and times.

use kube::Value;

/// Says where two values differ first.
pub fn same(have: &Value, want: &Value) -> Result<(), String> {
    differ("", have, want).map_or(Ok(()), Err)
}

fn differ(path: &str, have: &Value, want: &Value) -> Option<String> {
    match (have, want) {
        (Value::Map(a), Value::Map(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(key)));
            keys.map(|key| (key, a.get(key), b.get(key)))
                .find_map(|(key, a, b)| match (a, b) {
                    (Some(a), Some(b)) => differ(&format!("{path}.{key}"), a, b),
                    (Some(a), None) => Some(format!("{path}.{key} is {}, not absent", show(a))),
                    (None, Some(b)) if !b.is_null() => {
                        Some(format!("{path}.{key} is absent, not {}", show(b)))
                    }
                    _ => None,
                })
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (a, b))| differ(&format!("{path}[{at}]"), a, b))
        }
        // A masked number is recorded as text.
        (Value::Int(_), Value::String(mask)) if mask.starts_with('{') => None,
        (Value::String(a), Value::String(b)) if matches(a, b) => None,
        _ if have == want => None,
        _ => Some(format!(
            "{path} is {} instead of {}",
            show(have),
            show(want)
        )),
    }
}

/// A value as JSON.
pub fn show(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether a text is the recorded one.
pub fn matches(have: &str, want: &str) -> bool {
    let mut parts = Vec::new();
    let mut rest = want;
    while let Some(at) = wildcard(rest) {
        parts.push(&rest[..at.0]);
        rest = &rest[at.1..];
    }
    let Some((first, middle)) = parts.split_first() else {
        return have == want;
    };
    let Some(mut have) = have.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        match have.find(part) {
            Some(at) => have = &have[at + part.len()..],
            None => return false,
        }
    }
    have.ends_with(rest)
}

/// The first part of a recorded text that may be anything: `{…}`, a uid, or a time.
fn wildcard(text: &str) -> Option<(usize, usize)> {
    (0..text.len())
        .filter(|at| text.is_char_boundary(*at))
        .find_map(|at| {
            let tail = &text[at..];
            let letters = |c: char| c.is_ascii_alphanumeric() || "+_:-".contains(c);
            let mask = || {
                let inner = tail.strip_prefix('{')?;
                let end = inner.find('}').filter(|end| *end > 0)?;
                inner[..end].chars().all(letters).then_some(end + 2)
            };
            let shaped = |shape: &str| {
                let fits = |(have, want): (char, char)| match want {
                    'x' => have.is_ascii_hexdigit(),
                    '0' => have.is_ascii_digit(),
                    other => have == other,
                };
                let long = tail.chars().count() >= shape.len();
                (long && tail.chars().zip(shape.chars()).all(fits)).then_some(shape.len())
            };
            let length = mask()
                .or_else(|| shaped("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"))
                .or_else(|| shaped("0000-00-00T00:00:00Z"))?;
            Some((at, at + length))
        })
}

#[test]
fn masks_match_any_text() {
    let cases = [
        ("pod-abc12", "pod-{suffix}", true),
        ("pod-abc12 is", "pod-{suffix} is", true),
        ("pod", "pod-{suffix}", false),
        ("{\"a\":1}", "{\"a\":1}", true),
        ("{\"a\":2}", "{\"a\":1}", false),
    ];
    for (have, want, expected) in cases {
        assert_eq!(matches(have, want), expected, "{have} and {want}");
    }
}
