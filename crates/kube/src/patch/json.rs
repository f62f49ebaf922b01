//! JSON patch (RFC 6902) with the habits of `evanphx/json-patch`, which the API server uses: an index
//! below zero counts from the end, and `replace` makes a member that is not there.

use crate::{Status, Value};
use ecow::{EcoString, eco_format};

/// The most operations that the API server takes (`maxJSONPatchOperations`).
const OPERATIONS_MAX: usize = 10_000;

/// Applies all operations, or none.
pub(super) fn apply(object: &Value, patch: &Value) -> Result<Value, Status> {
    let Value::List(operations) = patch else {
        return Err(undecodable(patch, "value of type []handlers.jsonPatchOp"));
    };
    for operation in operations {
        check_types(operation)?;
    }
    if OPERATIONS_MAX < operations.len() {
        return Err(Status::too_large(&eco_format!(
            "The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {}",
            operations.len()
        )));
    }
    let mut result = object.clone();
    for operation in operations {
        perform(&mut result, operation).ok_or_else(Status::unprocessable)?;
    }
    Ok(result)
}

fn undecodable(value: &Value, target: &str) -> Status {
    Status::bad_request(eco_format!(
        "error decoding patch: json: cannot unmarshal {} into Go {target}",
        value.kind()
    ))
}

fn check_types(operation: &Value) -> Result<(), Status> {
    if !matches!(operation, Value::Map(_) | Value::Null) {
        let target = "value of type handlers.jsonPatchOp";
        return Err(undecodable(operation, target));
    }
    for field in ["op", "path", "from"] {
        let value = operation.get(field);
        if !matches!(value, Value::String(_) | Value::Null) {
            let target = eco_format!("struct field jsonPatchOp.{field} of type string");
            return Err(undecodable(value, &target));
        }
    }
    Ok(())
}

/// Does one operation; none if it does not apply. The API server has one answer for all of those.
fn perform(target: &mut Value, operation: &Value) -> Option<()> {
    let path = operation.get("path").as_str();
    let value = operation.get("value").clone();
    match operation.get("op").text() {
        "add" => add(target, path?, value),
        "remove" => remove(target, path?).map(drop),
        "replace" => replace(target, path?, value),
        "test" => (read(target, path?)? == value).then_some(()),
        "move" => {
            let moved = remove(target, operation.get("from").as_str()?)?;
            add(target, path?, moved)
        }
        "copy" => {
            let copied = read(target, operation.get("from").as_str()?)?;
            add(target, path?, copied)
        }
        _ => None,
    }
}

/// The list or map that a path leads into, and the last step.
fn holder<'a>(target: &'a mut Value, path: &str) -> Option<(&'a mut Value, EcoString)> {
    let mut steps = path.split('/').map(unescape);
    // The text before the first slash says nothing; a path without a slash leads nowhere.
    steps.next();
    let mut step = steps.next()?;
    let mut at = target;
    for next in steps {
        at = match at {
            Value::Map(map) if map.contains_key(&step) => map.entry(&step),
            Value::List(items) => {
                let index = index(&step, items.len())?;
                items.make_mut().get_mut(index)?
            }
            _ => return None,
        };
        step = next;
    }
    matches!(at, Value::Map(_) | Value::List(_)).then_some((at, step))
}

fn unescape(step: &str) -> EcoString {
    step.replace("~1", "/").replace("~0", "~").into()
}

/// A place in a list of this length; one below zero counts from the end.
fn index(step: &str, length: usize) -> Option<usize> {
    let index: isize = step.parse().ok()?;
    match index < 0 {
        true => length.checked_sub(index.unsigned_abs()),
        false => usize::try_from(index).ok(),
    }
}

/// What stands at a path; null where a map has no such member.
fn read(target: &Value, path: &str) -> Option<Value> {
    if path.is_empty() {
        return Some(target.clone());
    }
    let mut target = target.clone();
    let (holder, step) = holder(&mut target, path)?;
    match holder {
        Value::List(items) => items.get(index(&step, items.len())?).cloned(),
        map => Some(map.get(&step).clone()),
    }
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    match holder(target, path)? {
        (Value::List(items), step) if step == "-" => items.push(value),
        (Value::List(items), step) => {
            let at = index(&step, items.len() + 1)?;
            if items.len() < at {
                return None;
            }
            items.insert(at, value);
        }
        (map, step) => *map.entry(&step) = value,
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<Value> {
    match holder(target, path)? {
        (Value::List(items), step) => {
            let at = index(&step, items.len())?;
            (at < items.len()).then(|| items.remove(at))
        }
        (Value::Map(map), step) => map.remove(&step),
        _ => None,
    }
}

fn replace(target: &mut Value, path: &str, value: Value) -> Option<()> {
    if path.is_empty() {
        let whole = matches!(value, Value::Map(_) | Value::List(_));
        return whole.then(|| *target = value);
    }
    match holder(target, path)? {
        (Value::List(items), step) => {
            let at = index(&step, items.len())?;
            *items.make_mut().get_mut(at)? = value;
        }
        (map, step) => *map.entry(&step) = value,
    }
    Some(())
}
