//! Rules an object must keep (`pkg/apis/{core,apps}/validation`). A first cut: what decides whether
//! a rollout can begin at all.

use crate::status::Cause;
use crate::{Status, Value, selector};
use ecow::{EcoString, EcoVec, eco_format};

/// Checks a new object, or the new state of an old one.
pub(crate) fn check(old: Option<&Value>, new: &Value) -> Result<(), Status> {
    let mut faults = Faults(EcoVec::new());
    faults.name(new);
    match new.get("kind").text() {
        "Deployment" => faults.deployment(new),
        "ReplicaSet" => faults.replicas("spec.replicas", new.at(&["spec", "replicas"])),
        "Pod" => faults.pod_spec("spec", new.get("spec")),
        _ => {}
    }
    if let Some(old) = old {
        faults.update(old, new);
    }
    if faults.0.is_empty() {
        return Ok(());
    }
    let name = new.at(&["metadata", "name"]).text();
    Err(Status::invalid(new.get("kind").text(), name, faults.0))
}

struct Faults(EcoVec<Cause>);

impl Faults {
    fn required(&mut self, field: impl Into<EcoString>, detail: &str) {
        let message = match detail {
            "" => "Required value".into(),
            detail => eco_format!("Required value: {detail}"),
        };
        self.0.push(Cause {
            reason: "FieldValueRequired",
            field: field.into(),
            message,
        });
    }

    fn invalid(&mut self, field: impl Into<EcoString>, value: &Value, detail: &str) {
        let message = eco_format!("Invalid value: {}: {detail}", json(value));
        self.0.push(Cause {
            reason: "FieldValueInvalid",
            field: field.into(),
            message,
        });
    }

    fn name(&mut self, object: &Value) {
        let metadata = object.get("metadata");
        let name = metadata.get("name");
        if name.text().is_empty() {
            self.required("metadata.name", "name or generateName is required");
        } else if !is_subdomain(name.text()) {
            self.invalid("metadata.name", name, SUBDOMAIN);
        }
    }

    fn replicas(&mut self, field: &str, replicas: &Value) {
        if replicas.as_int().is_some_and(|count| count < 0) {
            self.invalid(field, replicas, "must be greater than or equal to 0");
        }
    }

    fn deployment(&mut self, object: &Value) {
        let spec = object.get("spec");
        self.replicas("spec.replicas", spec.get("replicas"));
        let wanted = spec.get("selector");
        let labels = spec.at(&["template", "metadata", "labels"]);
        if wanted.is_null() {
            self.required("spec.selector", "");
        } else if wanted.members().all(|(_, part)| *part == crate::map! {}) {
            self.invalid(
                "spec.selector",
                wanted,
                "empty selector is invalid for deployment",
            );
        }
        if !selector::matches(wanted, labels) {
            let detail = "`selector` does not match template `labels`";
            let shown = if labels.is_null() {
                &crate::map! {}
            } else {
                labels
            };
            self.invalid("spec.template.metadata.labels", shown, detail);
        }
        self.pod_spec("spec.template.spec", spec.at(&["template", "spec"]));
        self.strategy(spec.get("strategy"));
    }

    fn strategy(&mut self, strategy: &Value) {
        let rolling = strategy.get("rollingUpdate");
        match strategy.get("type").text() {
            "Recreate" => {
                if !rolling.is_null() {
                    let detail = "may not be specified when strategy `type` is 'Recreate'";
                    self.0.push(Cause {
                        reason: "FieldValueForbidden",
                        field: "spec.strategy.rollingUpdate".into(),
                        message: eco_format!("Forbidden: {detail}"),
                    });
                }
            }
            _ => {
                let zero = |value: &Value| matches!(value, Value::Int(0)) || value.text() == "0%";
                let most = rolling.get("maxUnavailable");
                if zero(most) && zero(rolling.get("maxSurge")) {
                    let field = "spec.strategy.rollingUpdate.maxUnavailable";
                    self.invalid(field, most, "may not be 0 when `maxSurge` is 0");
                }
            }
        }
    }

    fn pod_spec(&mut self, path: &str, spec: &Value) {
        let containers = spec.get("containers").items();
        if containers.is_empty() {
            self.required(eco_format!("{path}.containers"), "");
        }
        for (at, container) in containers.iter().enumerate() {
            let path = eco_format!("{path}.containers[{at}]");
            for field in ["name", "image"] {
                if container.get(field).text().is_empty() {
                    self.required(eco_format!("{path}.{field}"), "");
                }
            }
            self.resources(&path, container.get("resources"));
        }
    }

    fn resources(&mut self, path: &str, resources: &Value) {
        for (name, request) in resources.get("requests").members() {
            let limit = resources.get("limits").get(name);
            if limit.is_null() {
                continue;
            }
            if crate::quantity::milli_of(request) > crate::quantity::milli_of(limit) {
                let field = eco_format!("{path}.resources.requests");
                let detail = eco_format!(
                    "must be less than or equal to {name} limit of {}",
                    plain(limit)
                );
                self.invalid(field, request, &detail);
            }
        }
    }

    fn update(&mut self, old: &Value, new: &Value) {
        if matches!(new.get("kind").text(), "Deployment" | "ReplicaSet") {
            let (was, is) = (old.at(&["spec", "selector"]), new.at(&["spec", "selector"]));
            if was != is {
                self.invalid("spec.selector", is, "field is immutable");
            }
        }
    }
}

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
     characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
     'example.com', regex used for validation is \
     '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

fn is_subdomain(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 253
        && name.split('.').all(|label| {
            let bytes = label.as_bytes();
            bytes.first().copied().is_some_and(inner)
                && bytes.last().copied().is_some_and(inner)
                && bytes.iter().all(|byte| inner(*byte) || *byte == b'-')
        })
}

fn plain(value: &Value) -> EcoString {
    value.as_str().map_or_else(|| json(value), Into::into)
}

/// A value as the server shows it in a message.
fn json(value: &Value) -> EcoString {
    match value {
        Value::Null => "null".into(),
        Value::Bool(flag) => eco_format!("{flag}"),
        Value::Int(number) => eco_format!("{number}"),
        Value::Float(number) => eco_format!("{number}"),
        Value::String(text) => eco_format!("{text:?}"),
        Value::List(items) => {
            eco_format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(","))
        }
        Value::Map(map) => {
            let members = map
                .iter()
                .map(|(key, value)| eco_format!("{key:?}:{}", json(value)));
            eco_format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}
