//! The rules of validation as a table: `rules.txt` holds the cases, and says what they look like.

use kube::api::{Request, Verb, serve};
use kube::{Key, Store, Value};

const CASES: &str = include_str!("rules.txt");

#[test]
fn rules() {
    let (mut base, mut object) = (Value::Null, Value::Null);
    let (mut changes, mut expected) = (String::new(), Vec::new());
    let (mut tried, mut wrong) = (0, Vec::new());
    for line in CASES.lines().chain([""]) {
        if let Some(json) = line.strip_prefix("= ") {
            base = serde_json::from_str(json).expect("an object is JSON");
            object = base.clone();
        } else if let Some(fault) = line.strip_prefix("    ") {
            expected.push(fault);
        } else if !line.is_empty() && !line.starts_with('#') {
            change(&mut object, line);
            changes = format!("{changes} {line}");
        } else if !expected.is_empty() {
            tried += 1;
            if let Err(why) = check(&object, &expected) {
                wrong.push(format!("{}{changes}: {why}", base.get("kind").text()));
            }
            object = base.clone();
            (changes, expected) = (String::new(), Vec::new());
        }
    }
    assert!(tried > 500, "{tried} cases");
    assert!(
        wrong.is_empty(),
        "{} of {tried}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Makes one change: `path=value`, or `-path`.
fn change(object: &mut Value, line: &str) {
    let (path, value) = match (line.strip_prefix('-'), line.split_once('=')) {
        (Some(path), _) => (path, Value::Null),
        (_, Some((path, json))) => (path, serde_json::from_str(json).expect("a value is JSON")),
        _ => panic!("neither `path=value` nor `-path`: {line}"),
    };
    let mut at = object;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let last = names.peek().is_none();
        at = match name.parse::<usize>() {
            Ok(index) => &mut at.items_mut().make_mut()[index],
            Err(_) if name == "+" => return at.items_mut().push(value),
            // A member that is said to be null is there, and null.
            Err(_) if last && line.starts_with('-') => return at.set(name, Value::Null),
            Err(_) => at.entry(name),
        };
    }
    *at = value;
}

/// Asks for the object to be created, and compares what is said of its fields.
fn check(object: &Value, expected: &[&str]) -> Result<(), String> {
    let request = Request {
        dry_run: true,
        ..Request::new("test", Key::of(object), Verb::Create(object.clone()))
    };
    let causes = match serve(&mut Store::new(1), 0, request) {
        Ok(_) => return Err("was taken".into()),
        Err(status) => status.causes,
    };
    let said: Vec<String> = causes
        .iter()
        .map(|cause| format!("{}: {}", cause.field, cause.message))
        .collect();
    let as_expected = |(said, expected): (&String, &&str)| match expected.strip_suffix('…') {
        Some(start) => said.starts_with(start),
        None => said == expected,
    };
    let same = said.len() == expected.len() && said.iter().zip(expected).all(as_expected);
    same.then_some(()).ok_or_else(|| said.join("\n  "))
}
