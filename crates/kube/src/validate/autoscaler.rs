//! HorizontalPodAutoscalers (`pkg/apis/autoscaling/validation`).

use super::{Faults, Path, SPEC, names};
use crate::Value;
use crate::quantity::Quantity;
use ecow::eco_format;

/// The sources of metrics: type, field, and what a target may say.
const SOURCES: &[(&str, &str, &[&str])] = &[
    (
        "ContainerResource",
        "containerResource",
        &["averageUtilization", "averageValue"],
    ),
    ("External", "external", &["value", "averageValue"]),
    ("Object", "object", &["value", "averageValue"]),
    ("Pods", "pods", &["averageValue"]),
    (
        "Resource",
        "resource",
        &["averageUtilization", "averageValue"],
    ),
];

pub(super) fn autoscaler(faults: &mut Faults, new: &Value, _: Option<&Value>) {
    let spec = new.get("spec");
    let least = spec.get("minReplicas");
    let most = spec.get("maxReplicas").as_int().unwrap_or(0);
    let metrics = spec.get("metrics");
    if least.as_int().is_some_and(|least| least < 1) {
        faults.invalid(
            &SPEC.child("minReplicas"),
            least,
            "must be greater than or equal to 1",
        );
    }
    let at = SPEC.child("maxReplicas");
    if most == 0 {
        faults.required(&at, "must be set and greater than 0");
    } else if most < 0 {
        faults.invalid(&at, &Value::Int(most), "must be greater than or equal to 1");
    }
    if least.as_int().is_some_and(|least| most < least) {
        faults.invalid(
            &at,
            &Value::Int(most),
            "must be greater than or equal to `minReplicas`",
        );
    }
    let target = spec.get("scaleTargetRef");
    target_ref(faults, &SPEC.child("scaleTargetRef"), target);
    let version = target.get("apiVersion").text();
    if version.matches('/').count() <= 1 && version != "v1" && version.find('/').unwrap_or(0) == 0 {
        let at = SPEC.child("scaleTargetRef");
        let detail = "apiVersion must specify API group";
        faults.invalid_text(&at.child("apiVersion"), version, detail);
    }
    let list = SPEC.child("metrics");
    let share = spec.get("targetCPUUtilizationPercentage");
    if share.as_int().is_some_and(|share| share < 1) {
        // Version 1 is read as this metric of version 2.
        let at = list.index(0);
        let at = at.child("resource");
        let at = at.child("target");
        faults.invalid(
            &at.child("averageUtilization"),
            share,
            "must be greater than 0",
        );
    }
    let mut outside = false;
    for (index, metric) in metrics.items().iter().enumerate() {
        outside |= matches!(metric.get("type").text(), "Object" | "External");
        self::metric(faults, &list.index(index), metric);
    }
    if least.as_int() == Some(0) && !outside {
        let detail = "must specify at least one Object or External metric to support scaling to zero replicas";
        faults.forbidden(&list, detail);
    }
    let behavior = spec.get("behavior");
    let at = SPEC.child("behavior");
    for direction in ["scaleUp", "scaleDown"] {
        if !behavior.get(direction).is_null() {
            scaling(faults, &at.child(direction), behavior.get(direction));
        }
    }
}

fn target_ref(faults: &mut Faults, at: &Path<'_>, target: &Value) {
    for field in ["kind", "name"] {
        faults.required_named(&at.child(field), target.get(field), names::path_segment);
    }
    let version = target.get("apiVersion").text();
    if version.matches('/').count() > 1 {
        let detail = eco_format!("unexpected GroupVersion string: {version}");
        faults.invalid_text(&at.child("apiVersion"), version, &detail);
    }
}

fn metric(faults: &mut Faults, at: &Path<'_>, metric: &Value) {
    let kind = metric.get("type");
    let known: Vec<&str> = SOURCES.iter().map(|(kind, ..)| *kind).collect();
    if kind.text().is_empty() {
        faults.required(&at.child("type"), "must specify a metric source type");
    }
    let Some((_, expected, _)) = SOURCES.iter().find(|(name, ..)| *name == kind.text()) else {
        // The server checks this twice: by its generated rules, and by hand.
        for _ in 0..2 {
            faults.unsupported(&at.child("type"), kind, &known);
        }
        return;
    };
    let present: Vec<_> = [
        "object",
        "external",
        "pods",
        "resource",
        "containerResource",
    ]
    .into_iter()
    .filter(|field| !metric.get(field).is_null())
    .collect();
    if let Some(field) = present.first() {
        let fields = SOURCES.iter().find(|(_, name, _)| name == field);
        let fields = fields.map_or(&[][..], |(.., fields)| fields);
        source(faults, &at.child(field), field, metric.get(field), fields);
    }
    if !present.contains(expected) {
        let detail = "must populate information for the given metric source";
        faults.required(&at.child(expected), detail);
    }
    if present.len() != 1 {
        for field in present.iter().filter(|field| *field != expected) {
            faults.forbidden(
                &at.child(field),
                "must populate the given metric source only",
            );
        }
    }
}

fn source(faults: &mut Faults, at: &Path<'_>, field: &str, source: &Value, targets: &[&str]) {
    match field {
        "resource" | "containerResource" => {
            if source.get("name").text().is_empty() {
                faults.required(&at.child("name"), "must specify a resource name");
            }
            let container = source.get("container").text();
            if field == "containerResource" && container.is_empty() {
                faults.required(&at.child("container"), "must specify a container");
            } else if field == "containerResource" {
                faults.named(&at.child("container"), container, names::label);
            }
        }
        _ => {
            if field == "object" {
                target_ref(
                    faults,
                    &at.child("describedObject"),
                    source.get("describedObject"),
                );
            }
            let at = at.child("metric");
            let name = source.at(&["metric", "name"]);
            match name.text() {
                "" => faults.required(&at.child("name"), "must specify a metric name"),
                text => faults.named(&at.child("name"), text, names::path_segment),
            }
        }
    }
    let external = field == "external";
    target(
        faults,
        &at.child("target"),
        source.get("target"),
        targets,
        external,
    );
}

fn target(faults: &mut Faults, at: &Path<'_>, target: &Value, fields: &[&str], external: bool) {
    let kind = target.get("type");
    let kinds = &["Utilization", "Value", "AverageValue"];
    if kind.text().is_empty() {
        faults.required(&at.child("type"), "must specify a metric target type");
    }
    if !kinds.contains(&kind.text()) {
        let detail = "must be either Utilization, Value, or AverageValue";
        faults.invalid_text(&at.child("type"), kind.text(), detail);
    }
    for field in ["value", "averageValue"] {
        let amount = target.get(field);
        if Quantity::of(amount).is_some_and(|amount| amount.nano <= 0) {
            faults.invalid(&at.child(field), amount, "must be positive");
        }
    }
    let share = target.get("averageUtilization");
    if share.as_int().is_some_and(|share| share < 1) {
        faults.invalid(
            &at.child("averageUtilization"),
            share,
            "must be greater than 0",
        );
    }
    let set = |field: &str| !target.get(field).is_null();
    if !fields.iter().any(|field| set(field)) {
        let (field, detail) = match fields {
            ["averageUtilization", ..] => (
                "averageUtilization",
                "must set either a target raw value or a target utilization",
            ),
            _ if external => (
                "averageValue",
                "must set either a target value for metric or a per-pod target",
            ),
            ["value", ..] => (
                "averageValue",
                "must set either a target value or averageValue",
            ),
            _ => (
                "averageValue",
                "must specify a positive target averageValue",
            ),
        };
        faults.required(&at.child(field), detail);
    }
    if set("averageUtilization")
        && set("averageValue")
        && fields.first() == Some(&"averageUtilization")
    {
        let detail = "may not set both a target raw value and a target utilization";
        faults.forbidden(&at.child("averageValue"), detail);
    }
    if set("value") && set("averageValue") && external {
        let detail = "may not set both a target value for metric and a per-pod target";
        faults.forbidden(&at.child("value"), detail);
    }
}

fn scaling(faults: &mut Faults, at: &Path<'_>, rules: &Value) {
    let window = rules.get("stabilizationWindowSeconds");
    let field = at.child("stabilizationWindowSeconds");
    if window.as_int().is_some_and(|window| window < 0) {
        faults.invalid(&field, window, "must be greater than or equal to zero");
    }
    if window.as_int().is_some_and(|window| window > 3600) {
        faults.invalid(&field, window, "must be less than or equal to 3600");
    }
    let policy = rules.get("selectPolicy");
    let known = &["Disabled", "Max", "Min"];
    faults.choice(&at.child("selectPolicy"), policy, known);
    let list = at.child("policies");
    if rules.get("policies").items().is_empty() {
        faults.required(&list, "must specify at least one Policy");
    }
    for (index, policy) in rules.get("policies").items().iter().enumerate() {
        let at = list.index(index);
        let kind = policy.get("type");
        if !matches!(kind.text(), "Pods" | "Percent") {
            faults.unsupported(&at.child("type"), kind, &["Percent", "Pods"]);
        }
        let value = policy.get("value").as_int().unwrap_or(0);
        if value <= 0 {
            faults.invalid(
                &at.child("value"),
                &Value::Int(value),
                "must be greater than zero",
            );
        }
        let period = policy.get("periodSeconds").as_int().unwrap_or(0);
        if period <= 0 {
            let detail = "must be greater than zero";
            faults.invalid(&at.child("periodSeconds"), &Value::Int(period), detail);
        }
        if period > 1800 {
            let detail = "must be less than or equal to 1800";
            faults.invalid(&at.child("periodSeconds"), &Value::Int(period), detail);
        }
    }
    faults.quantity_not_negative(&at.child("tolerance"), rules.get("tolerance"));
}
