//! What says how others are treated: autoscalers, limits, roles, priorities; and the plain kinds.

use super::{default, default_zero, each, inside, within};
use crate::{Map, Value, map};
use ecow::EcoString;

/// `pkg/apis/autoscaling/v2/defaults.go`; what version 1 says less of is in the conversion to it.
pub(super) fn autoscaler(object: &mut Value) {
    let old = object.get("apiVersion").text() == "autoscaling/v1";
    within(object, "spec", |spec| {
        default(spec, "minReplicas", 1);
        if old {
            default(spec, "targetCPUUtilizationPercentage", 80);
            return;
        }
        if spec.get("metrics").items().is_empty() {
            let metric = map! {
                "type" => "Resource",
                "resource" => map! {
                    "name" => "cpu",
                    "target" => map! { "type" => "Utilization", "averageUtilization" => 80 },
                },
            };
            spec.set("metrics", vec![metric]);
        }
        inside(spec, "behavior", |behavior| {
            let policy = |kind: &str, value: i32| {
                map! { "type" => kind, "value" => value, "periodSeconds" => 15 }
            };
            within(behavior, "scaleUp", |up| {
                default(up, "stabilizationWindowSeconds", 0);
                default(up, "selectPolicy", "Max");
                default(
                    up,
                    "policies",
                    vec![policy("Pods", 4), policy("Percent", 100)],
                );
            });
            within(behavior, "scaleDown", |down| {
                default(down, "selectPolicy", "Max");
                default(down, "policies", vec![policy("Percent", 100)]);
            });
        });
    });
}

/// What an autoscaler knows before it has looked.
pub(super) fn autoscaler_status(object: &Value) -> Value {
    let mut status = map! { "desiredReplicas" => 0 };
    if object.get("apiVersion").text() == "autoscaling/v1" {
        status.set("currentReplicas", 0);
    } else {
        *status.entry("currentMetrics") = Value::Null;
    }
    status
}

/// A container's maximum is its default limit, its default limit its default request, and its
/// minimum its default request (`pkg/apis/core/v1/defaults.go`, SetDefaults_LimitRangeItem).
pub(super) fn limit_range(object: &mut Value) {
    within(object, "spec", |spec| {
        if spec.get("limits").items().is_empty() {
            *spec.entry("limits") = Value::Null;
        }
        each(spec, "limits", |item| {
            if item.get("type").text() == "Container" {
                fill(item, "max", "default");
                fill(item, "default", "defaultRequest");
                fill(item, "min", "defaultRequest");
            }
        });
    });
}

/// Copies the amounts of one list to another, where that has none.
fn fill(item: &mut Value, from: &str, to: &str) {
    let amounts: Vec<(EcoString, Value)> = item
        .get(from)
        .members()
        .map(|(name, amount)| (name.clone(), amount.clone()))
        .collect();
    for (name, amount) in amounts {
        if item.get(to).get(&name).is_null() {
            item.entry(to).set(&name, amount);
        }
    }
}

/// `rules` is always written, if only as null.
pub(super) fn role(object: &mut Value) {
    if object.get("rules").items().is_empty() {
        *object.entry("rules") = Value::Null;
    }
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// `pkg/apis/rbac/v1/defaults.go`
pub(super) fn role_binding(object: &mut Value) {
    within(object, "roleRef", |role| {
        default_zero(role, "apiGroup", RBAC)
    });
    each(object, "subjects", |subject| {
        if matches!(subject.get("kind").text(), "User" | "Group") {
            default_zero(subject, "apiGroup", RBAC);
        }
    });
}

/// A spec is always written.
pub(super) fn spec(object: &mut Value) {
    default(object, "spec", map! {});
}

pub(super) fn priority_class(object: &mut Value) {
    default(object, "preemptionPolicy", "PreemptLowerPriority");
    default(object, "value", 0);
}

/// A namespace can be selected by its name (`pkg/apis/core/v1/defaults.go`), and is not gone before
/// all that is in it (`pkg/registry/core/namespace/strategy.go`).
pub(super) fn namespace(object: &mut Value) {
    let name = object.at(&["metadata", "name"]).to_text();
    if !name.is_empty() {
        within(object, "metadata", |metadata| {
            within(metadata, "labels", |labels| {
                labels.set("kubernetes.io/metadata.name", &name);
            });
        });
    }
}

/// `stringData` is for writing only: it becomes `data` (`pkg/apis/core/v1/conversion.go`).
/// A ConfigMap holds texts: what was left open is an empty one.
pub(super) fn config_map(map: &mut Value) {
    let open = map.get("data").members().filter(|(_, text)| text.is_null());
    let names: Vec<EcoString> = open.map(|(name, _)| name.clone()).collect();
    for name in names {
        *map.entry("data").entry(&name) = "".into();
    }
}

pub(super) fn secret(object: &mut Value) {
    default_zero(object, "type", "Opaque");
    let plain: Vec<(EcoString, EcoString)> = object
        .get("stringData")
        .members()
        .map(|(name, text)| (name.clone(), text.to_text()))
        .collect();
    for (name, text) in plain {
        object.entry("data").set(&name, to_base64(text.as_bytes()));
    }
    if let Some(map) = object.as_map().filter(|map| map.contains_key("stringData")) {
        let kept = map.iter().filter(|(key, _)| *key != "stringData");
        *object = Value::Map(
            kept.map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Map>(),
        );
    }
}

/// Bytes as the API writes them in JSON.
pub fn to_base64(bytes: &[u8]) -> EcoString {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = EcoString::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            text.push(match at <= chunk.len() {
                true => char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]),
                false => '=',
            });
        }
    }
    text
}

/// The bytes that a text in base64 means. What is no digit of it is passed over, as line breaks are.
#[must_use]
pub fn from_base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for digit in text.bytes().filter_map(value) {
        (bits, held) = (bits << 6 | u32::from(digit), held + 6);
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_base64() {
        for (text, expected) in [("", ""), ("1", "MQ=="), ("ab", "YWI="), ("abc", "YWJj")] {
            assert_eq!(to_base64(text.as_bytes()), expected, "{text}");
            assert_eq!(from_base64(expected), text.as_bytes());
        }
    }
}
