//! Leaves out what the server leaves out when it writes an object: members that are null, empty
//! lists, empty maps of names, and values of optional fields that say nothing (`omitempty` in the Go
//! types, `k8s.io/api`).

use crate::{Map, Value};

/// Lists that are written even when they are empty.
const KEPT_LISTS: &[&str] = &[
    "containers",
    "endpoints",
    "limits",
    "nodeSelectorTerms",
    "paths",
    "policies",
    "rules",
];

/// Maps from names to values. Their members are not fields, so they are not looked into.
const NAME_MAPS: &[&str] = &[
    "annotations",
    "binaryData",
    "capacity",
    "data",
    "default",
    "defaultRequest",
    "hard",
    "labels",
    "limits",
    "matchLabels",
    "max",
    "maxLimitRequestRatio",
    "min",
    "nodeSelector",
    "overhead",
    "parameters",
    "requests",
    "stringData",
];

/// Maps from names to texts: a null in them is the empty text.
const TEXT_MAPS: &[&str] = &["annotations", "labels", "matchLabels", "nodeSelector"];

/// Optional fields whose zero value is not written. A field that is a pointer in Go is not here: it
/// tells zero from nothing.
const ZERO_IS_NOTHING: &[&str] = &[
    "clusterIP",
    "effect",
    "globalDefault",
    "healthCheckNodePort",
    "host",
    "hostIP",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPort",
    "hostname",
    "initialDelaySeconds",
    "key",
    "minReadySeconds",
    "namespace",
    "nodeName",
    "nodePort",
    "operator",
    "path",
    "paused",
    "priorityClassName",
    "publishNotReadyAddresses",
    "readOnly",
    "serviceAccount",
    "serviceAccountName",
    "stdin",
    "stdinOnce",
    "subPath",
    "subdomain",
    "tty",
    "value",
    "workingDir",
];

/// Fields of features that are off by default: the server drops them (`dropDisabledFields`).
const TURNED_OFF: &[&str] = &["clusterTrustBundle", "stopSignal"];

/// Takes out of an object what says nothing, but for the member of which that is done already.
pub(super) fn leave_out(value: &mut Value, done: &str) {
    if says_nothing_somewhere(value, done) {
        *value = without(value, done);
    }
}

fn is_nothing(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        _ if TURNED_OFF.contains(&key) => true,
        // Nothing would be left of it.
        Value::Map(map) if key == "lifecycle" => map.len() == 1 && map.contains_key("stopSignal"),
        Value::List(items) => items.is_empty() && !KEPT_LISTS.contains(&key),
        Value::Map(map) => map.is_empty() && NAME_MAPS.contains(&key),
        Value::Bool(false) | Value::Int(0) => ZERO_IS_NOTHING.contains(&key),
        Value::String(text) => text.is_empty() && ZERO_IS_NOTHING.contains(&key),
        _ => false,
    }
}

fn says_nothing_somewhere(value: &Value, done: &str) -> bool {
    match value {
        Value::Map(map) => map.iter().any(|(key, member)| {
            // Most members are neither, and nothing else is looked into.
            let has_members = matches!(member, Value::Map(_) | Value::List(_));
            let key = key.as_str();
            key != done
                && (is_nothing(key, member)
                    || has_members
                        && (TEXT_MAPS.contains(&key)
                            && member.members().any(|(_, it)| it.is_null())
                            || !NAME_MAPS.contains(&key) && says_nothing_somewhere(member, "")))
        }),
        Value::List(items) => items.iter().any(|item| says_nothing_somewhere(item, "")),
        _ => false,
    }
}

fn without(value: &Value, done: &str) -> Value {
    match value {
        Value::Map(map) => {
            let mut kept = Map::new();
            for (key, member) in map.iter() {
                if key == done {
                    kept.insert(key.clone(), member.clone());
                    continue;
                }
                if is_nothing(key, member) {
                    continue;
                }
                let looked_into = !NAME_MAPS.contains(&key.as_str()) || !member.items().is_empty();
                let mut member = match looked_into {
                    true => without(member, ""),
                    false => member.clone(),
                };
                if TEXT_MAPS.contains(&key.as_str()) {
                    let nulls = member.members().filter(|(_, text)| text.is_null());
                    let names: Vec<_> = nulls.map(|(name, _)| name.clone()).collect();
                    names.iter().for_each(|name| member.set(name, ""));
                }
                kept.insert(key.clone(), member);
            }
            Value::Map(kept)
        }
        Value::List(items) => items.iter().map(|item| without(item, "")).collect(),
        other => other.clone(),
    }
}
