//! The family `defaults`: an object, and what the server makes of it.

use crate::compare;
use kube::api::{Request, Verb, serve};
use kube::fields::Table;
use kube::{Key, Store, Value};

/// Asks for the object to be created, and compares all that would be stored.
pub fn run(case: &Value) -> Result<(), String> {
    let object = case.get("object").clone();
    let request = Request {
        dry_run: true,
        fields: Some(Table::embedded()),
        ..Request::new("test", Key::of(&object), Verb::Create(object))
    };
    let answer =
        serve(&mut Store::new(1), 0, request).map_err(|status| status.message.to_string())?;
    let mut stored = answer.object().ok_or("no object")?.value.clone();
    for field in ["uid", "resourceVersion", "creationTimestamp"] {
        stored.entry("metadata").set(field, Value::Null);
    }
    compare::same(&stored, case.get("stored"))
}
