//! Selectors as a request writes them: `app=web,tier in (a, b)` for labels
//! (`k8s.io/apimachinery/pkg/labels`), `status.phase!=Running` for fields (`pkg/fields`).

use crate::{Object, Status, Value};
use ecow::{EcoString, eco_format};

/// Which objects a list or a watch is about; an empty text means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// `labelSelector`
    pub labels: EcoString,
    /// `fieldSelector`
    pub fields: EcoString,
}

/// One requirement of a selector.
struct Requirement {
    key: EcoString,
    rule: Rule,
}

enum Rule {
    In(Vec<EcoString>),
    NotIn(Vec<EcoString>),
    Exists,
    Absent,
}

impl Rule {
    fn allows(&self, value: Option<&str>) -> bool {
        let listed =
            |values: &[EcoString]| value.is_some_and(|value| values.iter().any(|it| it == value));
        match self {
            Rule::In(values) => listed(values),
            Rule::NotIn(values) => !listed(values),
            Rule::Exists => value.is_some(),
            Rule::Absent => value.is_none(),
        }
    }
}

impl Selection {
    /// A filter for objects of a kind.
    ///
    /// # Errors
    /// 400 for a selector that cannot be read, or that names a field by which the server does not
    /// select.
    pub(crate) fn filter(&self, kind: &str) -> Result<impl Fn(&Object) -> bool + use<>, Status> {
        let labels = parse_labels(&self.labels)?;
        let fields = parse_fields(&self.fields)?;
        for field in &fields {
            if !is_selectable(kind, &field.key) {
                return Err(Status::bad_request(unsupported(kind, &field.key)));
            }
        }
        Ok(move |object: &Object| {
            labels
                .iter()
                .all(|it| it.rule.allows(object.labels().get(&it.key).as_str()))
                && fields
                    .iter()
                    .all(|it| it.rule.allows(Some(&field(&object.value, &it.key))))
        })
    }

    /// The name, if only an object of one name is meant.
    pub(crate) fn name(&self) -> Option<&str> {
        let mut parts = self.fields.split(',');
        parts.find_map(|part| {
            part.trim()
                .strip_prefix("metadata.name=")
                .map(|it| it.trim_start_matches('='))
        })
    }
}

/// The fields by which objects of a kind can be selected, besides name and namespace
/// (`pkg/apis/*/v1/conversion.go`, AddFieldLabelConversionFunc).
fn selectable(kind: &str) -> &'static [&'static str] {
    match kind {
        "Event" => &[
            "involvedObject.apiVersion",
            "involvedObject.fieldPath",
            "involvedObject.kind",
            "involvedObject.name",
            "involvedObject.namespace",
            "involvedObject.resourceVersion",
            "involvedObject.uid",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "Job" => &["status.successful"],
        "Namespace" => &["status.phase"],
        "Node" => &["spec.unschedulable"],
        "Pod" => &[
            "spec.hostNetwork",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.nominatedNodeName",
            "status.phase",
            "status.podIP",
            "status.podIPs",
        ],
        "ReplicationController" => &["status.replicas"],
        "Secret" => &["type"],
        "Service" => &["spec.clusterIP", "spec.type"],
        _ => &[],
    }
}

fn is_selectable(kind: &str, field: &str) -> bool {
    matches!(field, "metadata.name" | "metadata.namespace") || selectable(kind).contains(&field)
}

/// The server's words for a field by which it does not select objects of a kind.
fn unsupported(kind: &str, field: &str) -> EcoString {
    match selectable(kind) {
        [] => eco_format!(
            "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        ),
        _ if kind == "Job" => eco_format!("field label {field:?} not supported for Job"),
        _ => eco_format!("field label not supported: {field}"),
    }
}

/// A field as the text that a selector compares.
fn field(object: &Value, path: &str) -> EcoString {
    let value = match path {
        "source" => object.at(&["source", "component"]),
        "status.successful" => object.at(&["status", "succeeded"]),
        "status.podIPs" => object.at(&["status", "podIPs", "0", "ip"]),
        path => path.split('.').fold(object, |value, key| value.get(key)),
    };
    match value {
        Value::Int(number) => eco_format!("{number}"),
        Value::Bool(flag) => eco_format!("{flag}"),
        Value::Null if matches!(path, "spec.unschedulable" | "spec.hostNetwork") => "false".into(),
        Value::Null if path.ends_with("replicas") || path.ends_with("successful") => "0".into(),
        other => other.to_text(),
    }
}

fn parse_fields(text: &str) -> Result<Vec<Requirement>, Status> {
    let mut requirements = Vec::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let split = ["!=", "==", "="]
            .iter()
            .find_map(|sign| Some((sign, part.split_once(sign)?)));
        let Some((sign, (key, value))) = split else {
            return Err(Status::bad_request(eco_format!(
                "invalid selector: '{text}'; can't understand '{part}'"
            )));
        };
        let values = vec![value.trim().into()];
        let rule = if *sign == "!=" {
            Rule::NotIn(values)
        } else {
            Rule::In(values)
        };
        requirements.push(Requirement {
            key: key.trim().into(),
            rule,
        });
    }
    Ok(requirements)
}

fn parse_labels(text: &str) -> Result<Vec<Requirement>, Status> {
    let mut requirements = Vec::new();
    for part in parts(text) {
        let part = part.trim();
        let Some(requirement) = parse_label(part) else {
            return Err(Status::bad_request(eco_format!(
                "unable to parse requirement: can't understand {part:?}"
            )));
        };
        requirements.push(requirement);
    }
    Ok(requirements)
}

/// A selector's parts: a comma between brackets separates values instead.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn parse_label(part: &str) -> Option<Requirement> {
    let is_key = |key: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        !key.is_empty() && key.chars().all(allowed)
    };
    let make = |key: &str, rule| {
        is_key(key.trim()).then(|| Requirement {
            key: key.trim().into(),
            rule,
        })
    };
    if let Some(key) = part.strip_prefix('!') {
        return make(key, Rule::Absent);
    }
    for (word, inside) in [(" notin ", false), (" in ", true)] {
        let normal = part.replacen('(', " (", 1);
        if let Some((key, list)) = normal.split_once(word) {
            let list = list.trim().strip_prefix('(')?.strip_suffix(')')?;
            let values = list.split(',').map(|value| value.trim().into()).collect();
            return make(
                key,
                if inside {
                    Rule::In(values)
                } else {
                    Rule::NotIn(values)
                },
            );
        }
    }
    for (sign, inside) in [("!=", false), ("==", true), ("=", true)] {
        if let Some((key, value)) = part.split_once(sign) {
            let values = vec![value.trim().into()];
            return make(
                key,
                if inside {
                    Rule::In(values)
                } else {
                    Rule::NotIn(values)
                },
            );
        }
    }
    make(part, Rule::Exists)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Key, Meta, map};

    #[test]
    fn selectors_select() {
        let object = Object {
            key: Key::new("Pod", "default", "p"),
            meta: Meta {
                labels: map! { "app" => "web", "tier" => "a" },
                ..Meta::default()
            },
            value: map! {
                "metadata" => map! { "name" => "p" },
                "status" => map! { "phase" => "Running" },
            },
        };
        let cases = [
            ("", "", Some(true)),
            ("app=web,tier in (a, b)", "", Some(true)),
            ("app==web,!gone", "", Some(true)),
            ("tier notin(a)", "", Some(false)),
            ("app!=web", "", Some(false)),
            ("gone!=web", "", Some(true)),
            ("app", "metadata.name=p,status.phase!=Pending", Some(true)),
            ("", "status.phase=Pending", Some(false)),
            ("", "spec.replicas=1", None),
            ("a b", "", None),
            ("", "nonsense", None),
        ];
        for (labels, fields, expected) in cases {
            let selection = Selection {
                labels: labels.into(),
                fields: fields.into(),
            };
            let selected = selection.filter("Pod").ok().map(|filter| filter(&object));
            assert_eq!(selected, expected, "{labels} {fields}");
        }
    }
}
