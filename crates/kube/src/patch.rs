//! Patches: JSON merge (RFC 7386) and strategic merge
//! (`k8s.io/apimachinery/pkg/util/strategicpatch`).

use crate::Value;
use ecow::EcoVec;

/// Lists whose items are merged by a key, by the name of the field that holds them. (Kubernetes
/// says it by type; within what the lab acts on, the names are enough.)
const LIST_KEYS: &[(&str, &str)] = &[
    ("conditions", "type"),
    ("containers", "name"),
    ("env", "name"),
    ("ephemeralContainers", "name"),
    ("hostAliases", "ip"),
    ("imagePullSecrets", "name"),
    ("initContainers", "name"),
    ("ownerReferences", "uid"),
    ("taints", "key"),
    ("topologySpreadConstraints", "topologyKey"),
    ("volumeDevices", "devicePath"),
    ("volumeMounts", "mountPath"),
    ("volumes", "name"),
];

/// The key by which the list in `field` is merged; none if the list is replaced.
fn list_key(parent: &str, field: &str) -> Option<&'static str> {
    match (parent, field) {
        ("containers" | "initContainers", "ports") => Some("containerPort"),
        ("spec", "ports") => Some("port"),
        _ => LIST_KEYS
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, key)| *key),
    }
}

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

/// Merges a strategic merge patch into `target`: like [`merge`], but lists with a key merge item by
/// item, and `$patch: replace` or `$patch: delete` say otherwise.
pub fn strategic(target: &mut Value, patch: &Value) {
    strategic_in("", target, patch);
}

fn strategic_in(name: &str, target: &mut Value, patch: &Value) {
    let Value::Map(members) = patch else {
        *target = patch.clone();
        return;
    };
    match patch.get("$patch").text() {
        "replace" => {
            *target = without_directives(patch);
            return;
        }
        "delete" => {
            *target = Value::Null;
            return;
        }
        _ => {}
    }
    if !matches!(target, Value::Map(_)) {
        *target = crate::map! {};
    }
    for (key, change) in members.iter() {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            target
                .entry(list)
                .items_mut()
                .retain(|item| !change.items().contains(item));
            continue;
        }
        if let Some(list) = key.strip_prefix("$setElementOrder/") {
            // With the list itself in the patch, its merge sees to the order.
            if let Some(by) = list_key(name, list).filter(|_| patch.get(list).is_null()) {
                let before = target.get(list).clone();
                *target.entry(list) = ordered(&before, change.items(), before.items(), by);
            }
            continue;
        }
        if key.starts_with('$') {
            continue;
        }
        match (change, list_key(name, key)) {
            (Value::Null, _) => target.set(key, Value::Null),
            (Value::Map(_), _) => {
                strategic_in(key, target.entry(key), change);
                if target.get(key).is_null() {
                    target.set(key, Value::Null);
                }
            }
            (Value::List(_), Some(by)) => {
                let order = patch.get(&format!("$setElementOrder/{key}")).items();
                merge_list(key, by, target.entry(key), change, order);
            }
            _ => *target.entry(key) = change.clone(),
        }
    }
    retain_keys(target, patch);
}

/// `$retainKeys`: members of the target that it does not name go (one-of structures).
fn retain_keys(target: &mut Value, patch: &Value) {
    let kept = patch.get("$retainKeys").items();
    if kept.is_empty() {
        return;
    }
    let named = |name: &str| kept.iter().any(|keep| keep.text() == name);
    *target = Value::Map(
        target
            .members()
            .filter(|(name, _)| named(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    );
}

fn merge_list(name: &str, by: &str, target: &mut Value, patch: &Value, order: &[Value]) {
    let items = patch.items();
    if items
        .iter()
        .any(|item| item.get("$patch").text() == "replace")
    {
        let kept = items.iter().filter(|item| item.get("$patch").is_null());
        *target = kept.map(without_directives).collect();
        return;
    }
    let before = target.clone();
    let list = target.items_mut();
    for change in items {
        let key = change.get(by);
        let at = list.iter().position(|item| item.get(by) == key);
        match (change.get("$patch").text(), at) {
            ("delete", Some(at)) => {
                list.remove(at);
            }
            ("delete", None) => {}
            (_, Some(at)) => strategic_in(name, &mut list.make_mut()[at], change),
            (_, None) => list.push(without_directives(change)),
        }
    }
    let order = if order.is_empty() { items } else { order };
    *target = ordered(target, order, before.items(), by);
}

/// The order of a merged list: items that the patch names come in its order; the others keep theirs
/// among them, each before the first that the list had behind it (`mergeSortedSlice`). So what a
/// patch adds comes first.
fn ordered(list: &Value, order: &[Value], before: &[Value], by: &str) -> Value {
    let place = |of: &[Value], item: &Value| of.iter().position(|one| one.get(by) == item.get(by));
    let (mut named, others): (Vec<&Value>, Vec<&Value>) = list
        .items()
        .iter()
        .partition(|item| place(order, item).is_some());
    lean::sort_by_key(&mut named, |item| place(order, item));
    let mut others = others.into_iter().peekable();
    let mut result = EcoVec::new();
    for item in named {
        let behind = place(before, item);
        while let Some(other) =
            others.next_if(|other| behind.is_some() && place(before, other) < behind)
        {
            result.push(other.clone());
        }
        result.push(item.clone());
    }
    result.extend(others.cloned());
    Value::List(result)
}

fn without_directives(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(
            map.iter()
                .filter(|(key, value)| !key.starts_with('$') && !value.is_null())
                .map(|(key, value)| (key.clone(), without_directives(value)))
                .collect(),
        ),
        Value::List(items) => {
            Value::List(items.iter().map(without_directives).collect::<EcoVec<_>>())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patch_with: fn(&mut Value, &Value), before: &str, patch: &str, after: &str) {
        let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON in a test");
        let mut value = read(before);
        patch_with(&mut value, &read(patch));
        assert_eq!(value, read(after), "{before} + {patch}");
    }

    #[test]
    fn merge_patches() {
        check(
            merge,
            r#"{"a":1,"b":{"c":2}}"#,
            r#"{"a":null,"b":{"d":3}}"#,
            r#"{"b":{"c":2,"d":3}}"#,
        );
        check(merge, r#"{"a":[1,2]}"#, r#"{"a":[3]}"#, r#"{"a":[3]}"#);
        check(merge, r#"{"a":"x"}"#, r#"{"a":{"b":null}}"#, r#"{"a":{}}"#);
    }

    #[test]
    fn strategic_patches() {
        check(
            strategic,
            r#"{"containers":[{"name":"a","image":"a:1","env":[{"name":"X","value":"1"}]}]}"#,
            r#"{"containers":[{"name":"a","image":"a:2"},{"name":"b","image":"b:1"}]}"#,
            r#"{"containers":[{"name":"a","image":"a:2","env":[{"name":"X","value":"1"}]},{"name":"b","image":"b:1"}]}"#,
        );
        check(
            strategic,
            r#"{"containers":[{"name":"a"}]}"#,
            r#"{"containers":[{"name":"b"}]}"#,
            r#"{"containers":[{"name":"b"},{"name":"a"}]}"#,
        );
        check(
            strategic,
            r#"{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}"#,
            r#"{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}"#,
            r#"{"strategy":{"type":"Recreate"}}"#,
        );
        check(
            strategic,
            r#"{"containers":[{"name":"a"},{"name":"b"}]}"#,
            r#"{"containers":[{"name":"a","$patch":"delete"}]}"#,
            r#"{"containers":[{"name":"b"}]}"#,
        );
        check(
            strategic,
            r#"{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}"#,
            r#"{"strategy":{"$patch":"replace","type":"Recreate"}}"#,
            r#"{"strategy":{"type":"Recreate"}}"#,
        );
        check(
            strategic,
            r#"{"env":[{"name":"A"},{"name":"B"}]}"#,
            r#"{"$setElementOrder/env":[{"name":"B"},{"name":"C"},{"name":"A"}],"env":[{"name":"C"}]}"#,
            r#"{"env":[{"name":"B"},{"name":"C"},{"name":"A"}]}"#,
        );
        check(
            strategic,
            r#"{"args":["a"]}"#,
            r#"{"args":["b"]}"#,
            r#"{"args":["b"]}"#,
        );
    }
}
