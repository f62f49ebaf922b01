//! JSON merge patch (RFC 7386), and the patches of that kind that clients make.

use crate::{Map, Value};

/// Merges a JSON merge patch into `target`: null removes, maps merge, all else replaces.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Map(members) = patch else {
        *target = patch.clone();
        return;
    };
    if !matches!(target, Value::Map(_)) {
        *target = crate::map! {};
    }
    for (key, change) in members.iter() {
        match change {
            Value::Null => target.set(key, Value::Null),
            Value::Map(_) => merge(target.entry(key), change),
            _ => *target.entry(key) = change.clone(),
        }
    }
}

/// The merge patch that makes `next` of `last` (`jsonpatch.CreateMergePatch`).
#[must_use]
pub fn difference(last: &Value, next: &Value) -> Value {
    let mut patch = Map::new();
    for (name, value) in next.members() {
        let before = last.get(name);
        match (before, value) {
            _ if before == value => {}
            (Value::Map(_), Value::Map(_)) => {
                patch.insert(name.clone(), difference(before, value));
            }
            _ => {
                patch.insert(name.clone(), value.clone());
            }
        }
    }
    for (name, _) in last.members() {
        if next.as_map().is_none_or(|next| !next.contains_key(name)) {
            patch.insert(name.clone(), Value::Null);
        }
    }
    Value::Map(patch)
}

/// The merge patch that brings a live object from the last manifest to the next
/// (`jsonmergepatch.CreateThreeWayJSONMergePatch`): what `next` says otherwise than `live`, and the
/// removal of what `last` said and `next` does not.
#[must_use]
pub fn three_way(last: &Value, next: &Value, live: &Value) -> Value {
    let changes = only(&difference(live, next), false);
    let mut patch = only(&difference(last, next), true);
    lay_over(&mut patch, &changes);
    patch
}

/// Of a merge patch, the removals or all else.
fn only(patch: &Value, removals: bool) -> Value {
    let mut kept = Map::new();
    for (name, change) in patch.members() {
        let part = match change {
            Value::Null => removals.then_some(Value::Null),
            // An empty map is a value that somebody set, no empty patch.
            Value::Map(map) if !map.is_empty() => {
                let part = only(change, removals);
                (part != crate::map! {}).then_some(part)
            }
            _ => (!removals).then(|| change.clone()),
        };
        if let Some(part) = part {
            kept.insert(name.clone(), part);
        }
    }
    Value::Map(kept)
}

/// Lays one patch over another; both keep their nulls.
fn lay_over(base: &mut Value, over: &Value) {
    for (name, change) in over.members() {
        let below = base.entry(name);
        match (matches!(below, Value::Map(_)), change) {
            (true, Value::Map(_)) => lay_over(below, change),
            _ => *below = change.clone(),
        }
    }
}
