//! What is stored of an object, as a table: `defaults.yaml` holds the cases.

use kube::api::{Request, Verb, serve};
use kube::{Key, Store, Value};

const CASES: &str = include_str!("defaults.yaml");

#[test]
fn defaults() {
    for case in yaml::decode_all(CASES).expect("the cases are YAML") {
        let object = case.get("object");
        let request = Request::new("test", Key::of(object), Verb::Create(object.clone()));
        let answer = serve(&mut Store::new(1), 0, request).expect("the object is taken");
        let stored = answer.object().expect("an object").value.clone();
        check("", &stored, case.get("stored"));
    }
}

/// Compares the fields that are named, and tells the first that differs by its path.
fn check(path: &str, have: &Value, want: &Value) {
    match want {
        Value::String(text) if text == "absent" => assert!(have.is_null(), "{path} is {have:?}"),
        Value::Map(_) => {
            assert!(have.as_map().is_some(), "{path} is {have:?}");
            for (name, want) in want.members() {
                check(&format!("{path}.{name}"), have.get(name), want);
            }
        }
        Value::List(items) => {
            assert_eq!(have.items().len(), items.len(), "{path}");
            for (at, want) in items.iter().enumerate() {
                check(&format!("{path}[{at}]"), &have.items()[at], want);
            }
        }
        _ => assert_eq!(have, want, "{path}"),
    }
}
