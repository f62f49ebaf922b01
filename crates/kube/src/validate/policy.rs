//! Budgets, quotas, limits, priorities (`pkg/apis/{policy,core,scheduling}/validation`).

use super::resources::{container_resource, quantity, resource_name};
use super::workload::{at_most_all, count_or_percent};
use super::{Faults, Path, SPEC, Seen, meta, resources};
use crate::admission::SYSTEM_CLASSES;
use crate::quantity::Quantity;
use crate::{Value, gostruct};
use ecow::{EcoString, eco_format};

pub(super) fn disruption_budget(faults: &mut Faults, new: &Value, _: Option<&Value>) {
    let spec = new.get("spec");
    let both = ["minAvailable", "maxUnavailable"];
    if both.iter().all(|field| !spec.get(field).is_null()) {
        let shown = gostruct::json("PodDisruptionBudgetSpec", spec);
        faults.invalid_shown(
            &SPEC,
            &shown,
            "minAvailable and maxUnavailable cannot be both set",
        );
    }
    for field in both {
        count_or_percent(faults, &SPEC.child(field), spec.get(field));
        at_most_all(faults, &SPEC.child(field), spec.get(field));
    }
    meta::label_selector(faults, &SPEC.child("selector"), spec.get("selector"));
    let policy = spec.get("unhealthyPodEvictionPolicy");
    let known = &["AlwaysAllow", "IfHealthyBudget"];
    if !policy.is_null() && !known.contains(&policy.text()) {
        faults.unsupported(&SPEC.child("unhealthyPodEvictionPolicy"), policy, known);
    }
}

pub(super) fn resource_quota(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let spec = new.get("spec");
    let list = SPEC.child("hard");
    for (name, amount) in spec.get("hard").members() {
        let at = list.key(name);
        let standard = resources::is_standard(name);
        resource_name(faults, &at, name);
        if !name.contains('/') && !standard {
            faults.invalid_text(&at, name, "must be a standard resource for quota");
        }
        quantity(faults, &at, name, amount);
    }
    scopes(faults, spec);
    if let Some(old) = old {
        faults.immutable(
            &SPEC.child("scopes"),
            spec.get("scopes"),
            old.at(&["spec", "scopes"]),
        );
    }
}

fn scopes(faults: &mut Faults, spec: &Value) {
    const KNOWN: &[&str] = &[
        "Terminating",
        "NotTerminating",
        "BestEffort",
        "NotBestEffort",
        "PriorityClass",
        "CrossNamespacePodAffinity",
        "VolumeAttributesClass",
    ];
    let at = SPEC.child("scopes");
    let scopes = spec.get("scopes");
    for scope in scopes.items() {
        if !KNOWN.contains(&scope.text()) {
            faults.invalid(&at, scopes, "unsupported scope");
        }
        // A pod without requests can only be counted.
        for (name, _) in spec.get("hard").members() {
            let counted = name == "pods" || name == "count/pods";
            if scope.text() == "BestEffort" && !counted {
                faults.invalid(&at, scopes, "unsupported scope applied to resource");
            }
        }
    }
    let has = |scope: &str| scopes.items().iter().any(|it| it.text() == scope);
    if has("BestEffort") && has("NotBestEffort") || has("Terminating") && has("NotTerminating") {
        faults.invalid(&at, scopes, "conflicting scopes");
    }
}

pub(super) fn limit_range(faults: &mut Faults, new: &Value, _: Option<&Value>) {
    let mut types = Seen::default();
    let list = SPEC.child("limits");
    for (index, limit) in new.at(&["spec", "limits"]).items().iter().enumerate() {
        let at = list.index(index);
        let kind = limit.get("type");
        let bad = super::names::label_key(kind.text());
        let known = matches!(kind.text(), "Pod" | "Container" | "PersistentVolumeClaim");
        if bad.is_empty() && !known && !kind.text().contains('/') {
            let detail = "must be a standard limit type or fully qualified";
            faults.invalid(&at.child("type"), kind, detail);
        }
        for message in bad {
            faults.invalid(&at.child("type"), kind, &message);
        }
        if !types.insert(kind.text()) {
            faults.duplicate(&at.child("type"), kind);
        }
        limit_item(faults, &at, kind.text(), limit);
    }
}

fn limit_item(faults: &mut Faults, at: &Path<'_>, kind: &str, limit: &Value) {
    let mut names: Vec<EcoString> = Vec::new();
    for field in [
        "max",
        "min",
        "default",
        "defaultRequest",
        "maxLimitRequestRatio",
    ] {
        if kind == "Pod" && matches!(field, "default" | "defaultRequest") {
            if !limit.get(field).is_null() {
                faults.forbidden(
                    &at.child(field),
                    "may not be specified when `type` is 'Pod'",
                );
            }
            continue;
        }
        for (name, amount) in limit.get(field).members() {
            names.push(name.clone());
            let list = at.child(field);
            match kind {
                "Pod" | "Container" => container_resource(faults, &list.key(name), name, amount),
                _ => {
                    resource_name(faults, &list.key(name), name);
                    quantity(faults, &list.key(name), name, amount);
                }
            }
        }
    }
    if kind == "PersistentVolumeClaim"
        && [limit.get("min"), limit.get("max")]
            .iter()
            .all(|it| it.get("storage").is_null())
    {
        faults.required(
            &at.child("limits"),
            "either minimum or maximum storage value is required, but neither was provided",
        );
    }
    lean::sort(&mut names);
    names.dedup();
    for name in &names {
        let amount = |field: &str| Quantity::of(limit.get(field).get(name));
        let (least, most) = (amount("min"), amount("max"));
        let (request, value, ratio) = (
            amount("defaultRequest"),
            amount("default"),
            amount("maxLimitRequestRatio"),
        );
        // Each pair must be in order; the second one's place is what is named.
        let pairs = [
            (least, most, "min", least, "min value", "max value"),
            (
                least,
                request,
                "defaultRequest",
                request,
                "min value",
                "default request value",
            ),
            (
                request,
                most,
                "defaultRequest",
                request,
                "default request value",
                "max value",
            ),
            (
                request,
                value,
                "defaultRequest",
                request,
                "default request value",
                "default limit value",
            ),
            (least, value, "default", least, "min value", "default value"),
            (value, most, "default", most, "default value", "max value"),
        ];
        for (low, high, field, shown, low_name, high_name) in pairs {
            if let (Some(low), Some(high), Some(shown)) = (low, high, shown)
                && low.nano > high.nano
            {
                let (low, high) = (low.to_text(), high.to_text());
                let detail = eco_format!("{low_name} {low} is greater than {high_name} {high}");
                let list = at.child(field);
                faults.invalid_text(&list.key(name), &shown.to_text(), &detail);
            }
        }
        if let Some(ratio) = ratio.filter(|ratio| ratio.nano < 1_000_000_000) {
            let list = at.child("maxLimitRequestRatio");
            let detail = eco_format!("ratio {} is less than 1", ratio.to_text());
            faults.invalid_text(&list.key(name), &ratio.to_text(), &detail);
        }
        if let (Some(ratio), Some(least), Some(most)) = (ratio, least, most)
            && least.nano > 0
            && ratio.nano.saturating_mul(least.nano) > most.nano.saturating_mul(1_000_000_000)
        {
            // Six places, as Go prints a float.
            let millionths = (most.nano.saturating_mul(2_000_000) / least.nano + 1) / 2;
            let (whole, part) = (millionths / 1_000_000, millionths % 1_000_000);
            let list = at.child("maxLimitRequestRatio");
            let ratio = ratio.to_text();
            let detail = eco_format!("ratio {ratio} is greater than max/min = {whole}.{part:06}");
            faults.invalid_text(&list.key(name), &ratio, &detail);
        }
    }
}

/// The most that a priority class of somebody's own may be worth.
const PRIORITY_MOST: i64 = 1_000_000_000;

pub(super) fn priority_class(faults: &mut Faults, new: &Value, old: Option<&Value>) {
    let value = new.get("value").as_int().unwrap_or(0);
    let name = new.at(&["metadata", "name"]).text();
    let at = Path::root("value");
    if let Some(old) = old {
        if new.get("value") != old.get("value") {
            faults.forbidden(&at, "may not be changed in an update.");
        }
        let policy = Path::root("preemptionPolicy");
        faults.immutable(
            &policy,
            new.get("preemptionPolicy"),
            old.get("preemptionPolicy"),
        );
        return;
    }
    if name.starts_with("system-") {
        if !SYSTEM_CLASSES
            .iter()
            .any(|(class, worth)| *class == name && *worth == value)
        {
            let metadata = Path::root("metadata");
            let detail = eco_format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: \
                 {name} is not a known system priority class"
            );
            faults.forbidden(&metadata.child("name"), &detail);
        }
    } else if value > PRIORITY_MOST {
        let detail =
            eco_format!("maximum allowed value of a user defined priority is {PRIORITY_MOST}");
        faults.forbidden(&at, &detail);
    }
    let policy = new.get("preemptionPolicy");
    let policies = &["PreemptLowerPriority", "Never"];
    faults.one_of(&Path::root("preemptionPolicy"), policy, policies);
}
