//! Label selectors: which objects a Deployment, a ReplicaSet or a Service means.

use crate::Value;
use ecow::{EcoString, eco_format};

/// Whether a `metav1.LabelSelector` (`matchLabels`, `matchExpressions`) matches labels. A null
/// selector matches nothing, an empty one everything.
#[must_use]
pub fn matches(selector: &Value, labels: &Value) -> bool {
    if selector.is_null() {
        return false;
    }
    matches_labels(selector.get("matchLabels"), labels)
        && selector.get("matchExpressions").items().iter().all(|rule| {
            let have = labels.get(rule.get("key").text());
            let listed = rule.get("values").items().contains(have);
            match rule.get("operator").text() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => !have.is_null(),
                "DoesNotExist" => have.is_null(),
                _ => false,
            }
        })
}

/// A label selector as a request writes it.
#[must_use]
pub fn text(selector: &Value) -> EcoString {
    let mut parts: Vec<EcoString> = Vec::new();
    for (key, value) in selector.get("matchLabels").members() {
        parts.push(eco_format!("{key}={}", value.text()));
    }
    for rule in selector.get("matchExpressions").items() {
        let key = rule.get("key").text();
        let values: Vec<&str> = rule.get("values").items().iter().map(Value::text).collect();
        let values = values.join(",");
        parts.push(match rule.get("operator").text() {
            "In" => eco_format!("{key} in ({values})"),
            "NotIn" => eco_format!("{key} notin ({values})"),
            "DoesNotExist" => eco_format!("!{key}"),
            _ => key.into(),
        });
    }
    parts.join(",").into()
}

/// Whether every wanted label is there with its value.
#[must_use]
pub fn matches_labels(wanted: &Value, labels: &Value) -> bool {
    wanted
        .members()
        .all(|(name, value)| labels.get(name) == value)
}

/// A `metav1.LabelSelector` as Go prints it, which messages show.
#[must_use]
pub fn as_go_prints(selector: &Value) -> EcoString {
    let mut text = EcoString::from("&LabelSelector{MatchLabels:map[string]string{");
    for (name, value) in selector.get("matchLabels").members() {
        text.push_str(&eco_format!("{name}: {},", value.text()));
    }
    text.push_str("},MatchExpressions:[]LabelSelectorRequirement{");
    for rule in selector.get("matchExpressions").items() {
        let values = rule.get("values").items().iter();
        let values: Vec<&str> = values.map(Value::text).collect();
        text.push_str(&eco_format!(
            "LabelSelectorRequirement{{Key:{},Operator:{},Values:[{}],}},",
            rule.get("key").text(),
            rule.get("operator").text(),
            values.join(" ")
        ));
    }
    text.push_str("},}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    #[test]
    fn selectors_match_labels() {
        let rule = |operator: &str, values: &[&str]| {
            map! { "matchExpressions" => vec![map! {
                "key" => "tier",
                "operator" => operator,
                "values" => values.iter().copied().collect::<Value>(),
            }] }
        };
        let labels = map! { "app" => "a", "tier" => "web" };
        let cases = [
            (Value::Null, false),
            (map! {}, true),
            (map! { "matchLabels" => map! { "app" => "a" } }, true),
            (map! { "matchLabels" => map! { "app" => "b" } }, false),
            (map! { "matchLabels" => map! { "none" => "a" } }, false),
            (rule("In", &["web", "db"]), true),
            (rule("NotIn", &["web"]), false),
            (rule("Exists", &[]), true),
            (rule("DoesNotExist", &[]), false),
        ];
        for (selector, expected) in cases {
            assert_eq!(matches(&selector, &labels), expected, "{selector:?}");
        }
    }
}
