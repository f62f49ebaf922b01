//! Which objects a request is about: those with certain labels ([`label_selector`]), and certain values
//! in some fields, `status.phase!=Running` (`k8s.io/apimachinery/pkg/fields`).

use crate::{Object, Status, Value, label_selector};
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
pub(crate) struct Requirement {
    pub key: EcoString,
    pub rule: Rule,
}

pub(crate) enum Rule {
    In(Vec<EcoString>),
    NotIn(Vec<EcoString>),
    Exists,
    Absent,
    More(i64),
    Less(i64),
}

impl Rule {
    fn allows(&self, value: Option<&str>) -> bool {
        let number = |value: Option<&str>| value.and_then(|text| text.parse::<i64>().ok());
        let listed =
            |values: &[EcoString]| value.is_some_and(|value| values.iter().any(|it| it == value));
        match self {
            Rule::In(values) => listed(values),
            Rule::NotIn(values) => !listed(values),
            Rule::Exists => value.is_some(),
            Rule::Absent => value.is_none(),
            Rule::More(bound) => number(value).is_some_and(|it| it > *bound),
            Rule::Less(bound) => number(value).is_some_and(|it| it < *bound),
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
        let labels = label_selector::parse(&self.labels).map_err(Status::bad_request)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Key, Meta, map};

    #[test]
    fn selectors_select() {
        let object = Object {
            key: Key::new("Pod", "default", "p"),
            meta: Meta {
                labels: map! { "app" => "web", "shard" => "4", "tier" => "a" },
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
            ("shard>3,shard<5", "", Some(true)),
            ("shard>4", "", Some(false)),
            ("tier<5", "", Some(false)),
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
