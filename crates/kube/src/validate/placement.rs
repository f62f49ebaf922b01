//! Where a pod may run: affinity, tolerations, topology spread (`pkg/apis/core/validation`).

use super::{Faults, Path, meta, names};
use crate::Value;
use ecow::eco_format;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn affinity(faults: &mut Faults, at: &Path<'_>, affinity: &Value) {
    let node = affinity.get("nodeAffinity");
    if !node.is_null() {
        let at = at.child("nodeAffinity");
        node_affinity(faults, &at, node);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let at = at.child(kind);
        let pods = affinity.get(kind);
        let list = at.child(REQUIRED);
        for (index, term) in pods.get(REQUIRED).items().iter().enumerate() {
            pod_term(faults, &list.index(index), term);
        }
        let list = at.child(PREFERRED);
        for (index, preferred) in pods.get(PREFERRED).items().iter().enumerate() {
            let at = list.index(index);
            weight(faults, &at, preferred);
            pod_term(
                faults,
                &at.child("podAffinityTerm"),
                preferred.get("podAffinityTerm"),
            );
        }
    }
}

fn weight(faults: &mut Faults, at: &Path<'_>, preferred: &Value) {
    let weight = preferred.get("weight").as_int().unwrap_or(0);
    if !(1..=100).contains(&weight) {
        let detail = "must be in the range 1-100";
        faults.invalid(&at.child("weight"), &Value::Int(weight), detail);
    }
}

fn node_affinity(faults: &mut Faults, at: &Path<'_>, node: &Value) {
    let required = node.get(REQUIRED);
    if !required.is_null() {
        node_selector(faults, &at.child(REQUIRED), required);
    }
    let list = at.child(PREFERRED);
    for (index, preferred) in node.get(PREFERRED).items().iter().enumerate() {
        let at = list.index(index);
        weight(faults, &at, preferred);
        node_term(faults, &at.child("preference"), preferred.get("preference"));
    }
}

/// A choice of nodes.
pub(super) fn node_selector(faults: &mut Faults, at: &Path<'_>, selector: &Value) {
    let list = at.child("nodeSelectorTerms");
    let terms = selector.get("nodeSelectorTerms").items();
    if terms.is_empty() {
        faults.required(&list, "must have at least one node selector term");
    }
    for (index, term) in terms.iter().enumerate() {
        node_term(faults, &list.index(index), term);
    }
}

fn node_term(faults: &mut Faults, at: &Path<'_>, term: &Value) {
    let list = at.child("matchExpressions");
    for (index, rule) in term.get("matchExpressions").items().iter().enumerate() {
        let at = list.index(index);
        let values = rule.get("values");
        match rule.get("operator").text() {
            "In" | "NotIn" => {
                if values.items().is_empty() {
                    let detail = "must be specified when `operator` is 'In' or 'NotIn'";
                    faults.required(&at.child("values"), detail);
                }
            }
            "Exists" | "DoesNotExist" => {
                if !values.items().is_empty() {
                    let detail =
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                    faults.forbidden(&at.child("values"), detail);
                }
            }
            "Gt" | "Lt" => {
                if values.items().len() != 1 {
                    let detail = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                    faults.required(&at.child("values"), detail);
                }
            }
            operator => {
                faults.invalid_text(
                    &at.child("operator"),
                    operator,
                    "not a valid selector operator",
                );
            }
        }
        faults.named(&at.child("key"), rule.get("key").text(), names::label_key);
        for (index, value) in values.items().iter().enumerate() {
            faults.named(
                &at.child("values").index(index),
                value.text(),
                names::label_value,
            );
        }
    }
    let list = at.child("matchFields");
    for (index, rule) in term.get("matchFields").items().iter().enumerate() {
        let at = list.index(index);
        let operator = rule.get("operator").text();
        let known = matches!(operator, "In" | "NotIn");
        if !known {
            let detail = "not a valid selector operator";
            faults.invalid_text(&at.child("operator"), operator, detail);
        }
        if known && rule.get("values").items().len() != 1 {
            let detail =
                "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            faults.required(&at.child("values"), detail);
        }
        if rule.get("key").text() != "metadata.name" {
            let detail = "not a valid field selector key";
            faults.invalid_text(&at.child("key"), rule.get("key").text(), detail);
            continue;
        }
        let values = at.child("values");
        for (index, name) in rule.get("values").items().iter().enumerate() {
            faults.named(&values.index(index), name.text(), names::subdomain);
        }
    }
}

fn pod_term(faults: &mut Faults, at: &Path<'_>, term: &Value) {
    meta::label_selector(
        faults,
        &at.child("labelSelector"),
        term.get("labelSelector"),
    );
    meta::label_selector(
        faults,
        &at.child("namespaceSelector"),
        term.get("namespaceSelector"),
    );
    keys(faults, at, term);
    for name in term.get("namespaces").items() {
        faults.named(&at.child("namespace"), name.text(), names::label);
    }
    let key = term.get("topologyKey").text();
    if key.is_empty() {
        faults.required(&at.child("topologyKey"), "can not be empty");
    }
    faults.named(&at.child("topologyKey"), key, names::label_key);
}

/// The labels by whose values the pods are told apart (`matchLabelKeys`, `mismatchLabelKeys`).
fn keys(faults: &mut Faults, at: &Path<'_>, term: &Value) {
    let selector = term.get("labelSelector");
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        let list = at.child(field);
        let keys = term.get(field).items();
        if !keys.is_empty() && selector.is_null() {
            faults.forbidden(&list, "must not be specified when labelSelector is not set");
        }
        for (index, key) in keys.iter().enumerate() {
            faults.named(&list.index(index), key.text(), names::label_key);
        }
    }
    let not = term.get("mismatchLabelKeys").items();
    let list = at.child("matchLabelKeys");
    for (index, key) in term.get("matchLabelKeys").items().iter().enumerate() {
        if not.contains(key) {
            let detail = "exists in both matchLabelKeys and mismatchLabelKeys";
            faults.invalid(&list.index(index), key, detail);
        }
    }
}

pub(super) fn tolerations(faults: &mut Faults, list: &Path<'_>, tolerations: &Value) {
    for (index, toleration) in tolerations.items().iter().enumerate() {
        let at = list.index(index);
        let (key, value) = (toleration.get("key").text(), toleration.get("value").text());
        let (operator, effect) = (toleration.get("operator"), toleration.get("effect"));
        if !key.is_empty() {
            faults.named(&at.child("key"), key, names::label_key);
        }
        if key.is_empty() && operator.text() != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values \
                          and all keys\"";
            faults.invalid_text(&at.child("operator"), operator.text(), detail);
        }
        if !toleration.get("tolerationSeconds").is_null() && effect.text() != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            faults.invalid_text(&at.child("effect"), effect.text(), detail);
        }
        match operator.text() {
            "" | "Equal" => {
                let bad = names::label_value(value);
                if !bad.is_empty() {
                    faults.invalid_text(&at.child("operator"), value, &bad.join(";"));
                }
            }
            "Exists" => {
                if !value.is_empty() {
                    let detail = "value must be empty when `operator` is 'Exists'";
                    faults.invalid_text(&at.child("operator"), value, detail);
                }
            }
            // Numbers are compared only where a feature gate says so, but then they are spoken of.
            "Lt" | "Gt" => {
                let known = &["Equal", "Exists", "Lt", "Gt"];
                faults.unsupported(&at.child("operator"), operator, known);
            }
            _ => faults.unsupported(&at.child("operator"), operator, &["Equal", "Exists"]),
        }
        let effects = &["NoSchedule", "PreferNoSchedule", "NoExecute"];
        if !effect.text().is_empty() && !effects.contains(&effect.text()) {
            faults.unsupported(&at.child("effect"), effect, effects);
        }
    }
}

pub(super) fn topology_spread(faults: &mut Faults, list: &Path<'_>, constraints: &Value) {
    let constraints = constraints.items();
    for (index, constraint) in constraints.iter().enumerate() {
        let at = list.index(index);
        let skew = constraint.get("maxSkew").as_int().unwrap_or(0);
        if skew <= 0 {
            faults.invalid(
                &at.child("maxSkew"),
                &Value::Int(skew),
                "must be greater than zero",
            );
        }
        let key = constraint.get("topologyKey").text();
        if key.is_empty() {
            faults.required(&at.child("topologyKey"), "can not be empty");
        }
        let when = constraint.get("whenUnsatisfiable");
        let known = &["DoNotSchedule", "ScheduleAnyway"];
        if !known.contains(&when.text()) {
            faults.unsupported(&at.child("whenUnsatisfiable"), when, known);
        }
        let same = |other: &Value| {
            other.get("topologyKey") == constraint.get("topologyKey")
                && other.get("whenUnsatisfiable") == when
        };
        if constraints[index + 1..].iter().any(same) {
            let pair = eco_format!("{{{key}, {}}}", when.text());
            faults.duplicate(&at.child("{topologyKey, whenUnsatisfiable}"), &pair.into());
        }
        let fewest = constraint.get("minDomains");
        if let Some(number) = fewest.as_int() {
            if number <= 0 {
                faults.invalid(&at.child("minDomains"), fewest, "must be greater than zero");
            }
            if when.text() != "DoNotSchedule" {
                let detail = eco_format!(
                    "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}",
                    when.text()
                );
                faults.invalid(&at.child("minDomains"), fewest, &detail);
            }
        }
        for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            faults.choice(
                &at.child(field),
                constraint.get(field),
                &["Honor", "Ignore"],
            );
        }
        keys(faults, &at, constraint);
        meta::label_selector(
            faults,
            &at.child("labelSelector"),
            constraint.get("labelSelector"),
        );
    }
}
