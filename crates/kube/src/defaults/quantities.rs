//! Writes quantities in their canonical form: `0.5` is `500m`, `2048Mi` is `2Gi`.

use super::{each, inside};
use crate::quantity::{Quantity, is_kept};
use crate::{Map, Value};

/// Maps whose members are quantities.
const AMOUNTS: &[&str] = &[
    "allocatable",
    "capacity",
    "default",
    "defaultRequest",
    "hard",
    "limits",
    "max",
    "maxLimitRequestRatio",
    "min",
    "overhead",
    "requests",
];

/// Writes the quantities of an object canonically. What is no quantity stays as it is.
pub(super) fn canonicalize(object: &mut Value) {
    match object.get("kind").text() {
        "Pod" => inside(object, "spec", pod_spec),
        "CronJob" => inside(object, "spec", |spec| {
            inside(spec, "jobTemplate", |job| inside(job, "spec", template));
        }),
        "LimitRange" => inside(object, "spec", |spec| each(spec, "limits", lists)),
        "Node" => inside(object, "status", lists),
        "PersistentVolume" | "ResourceQuota" => inside(object, "spec", lists),
        "PersistentVolumeClaim" => inside(object, "spec", |spec| inside(spec, "resources", lists)),
        "HorizontalPodAutoscaler" => inside(object, "spec", |spec| {
            each(spec, "metrics", metric);
            inside(spec, "behavior", |behavior| {
                for rules in ["scaleUp", "scaleDown"] {
                    inside(behavior, rules, |rules| member(rules, "tolerance"));
                }
            });
        }),
        _ => inside(object, "spec", template),
    }
}

fn template(spec: &mut Value) {
    if !spec.get("template").is_null() {
        inside(spec, "template", |template| {
            inside(template, "spec", pod_spec)
        });
    }
    each(spec, "volumeClaimTemplates", |claim| {
        inside(claim, "spec", |spec| inside(spec, "resources", lists));
    });
}

fn pod_spec(spec: &mut Value) {
    for list in ["initContainers", "containers"] {
        each(spec, list, |container| {
            inside(container, "resources", lists);
            each(container, "env", |variable| {
                inside(variable, "valueFrom", |from| {
                    inside(from, "resourceFieldRef", |field| member(field, "divisor"));
                });
            });
        });
    }
    inside(spec, "resources", lists);
    each(spec, "volumes", |volume| {
        inside(volume, "emptyDir", |dir| member(dir, "sizeLimit"));
    });
}

fn metric(metric: &mut Value) {
    for source in [
        "resource",
        "containerResource",
        "pods",
        "object",
        "external",
    ] {
        inside(metric, source, |source| {
            inside(source, "target", |target| {
                member(target, "value");
                member(target, "averageValue");
            });
        });
    }
}

/// Writes every map of quantities among an object's members canonically.
fn lists(object: &mut Value) {
    for name in AMOUNTS {
        let Some(amounts) = object.get(name).as_map() else {
            continue;
        };
        if amounts
            .iter()
            .all(|(_, amount)| *amount == in_thousandths(amount))
        {
            continue;
        }
        let amounts: Map = amounts
            .iter()
            .map(|(name, amount)| (name.clone(), in_thousandths(amount)))
            .collect();
        object.set(name, amounts);
    }
}

fn member(object: &mut Value, name: &str) {
    let amount = canonical(object.get(name));
    if *object.get(name) != amount {
        object.set(name, amount);
    }
}

/// An amount of a list is not finer than a thousandth (`pkg/apis/core/v1/defaults.go`,
/// SetDefaults_ResourceList).
fn in_thousandths(amount: &Value) -> Value {
    const THOUSANDTH: i128 = 1_000_000;
    let Some(mut quantity) = Quantity::of(amount) else {
        // Null is an amount of nothing.
        return if amount.is_null() {
            "0".into()
        } else {
            amount.clone()
        };
    };
    let over = quantity.nano.rem_euclid(THOUSANDTH);
    if over == 0 {
        return canonical(amount);
    }
    quantity.nano += THOUSANDTH - over;
    quantity.to_text().into()
}

fn canonical(amount: &Value) -> Value {
    match Quantity::of(amount) {
        Some(quantity) if !amount.as_str().is_some_and(is_kept) => quantity.to_text().into(),
        _ => amount.clone(),
    }
}
