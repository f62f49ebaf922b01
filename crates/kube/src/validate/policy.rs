//! Budgets, quotas, limits, priorities (`pkg/apis/{policy,core,scheduling}/validation`).

use super::resources::{container_resource_name, quantity, resource_name};
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
    faults.choice(&SPEC.child("unhealthyPodEvictionPolicy"), policy, known);
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
    let unfit = |scope: &str| {
        let hard = spec.get("hard").members();
        hard.filter(|(name, _)| resources::is_standard(name) && !scope_fits(scope, name))
            .count()
    };
    for scope in scopes.items() {
        if !KNOWN.contains(&scope.text()) {
            faults.invalid(&at, scopes, "unsupported scope");
        }
        for _ in 0..unfit(scope.text()) {
            faults.invalid(&at, scopes, "unsupported scope applied to resource");
        }
    }
    let has = |scope: &str| scopes.items().iter().any(|it| it.text() == scope);
    if has("BestEffort") && has("NotBestEffort") || has("Terminating") && has("NotTerminating") {
        faults.invalid(&at, scopes, "conflicting scopes");
    }
    // The server names the list of rules here, not the rule.
    let at = SPEC.child("scopeSelector");
    let at = at.child("matchExpressions");
    let selector = spec.get("scopeSelector");
    for rule in selector.get("matchExpressions").items() {
        let (scope, operator) = (rule.get("scopeName").text(), rule.get("operator").text());
        if !KNOWN.contains(&scope) {
            faults.invalid_text(&at.child("scopeName"), scope, "unsupported scope");
        }
        for _ in 0..unfit(scope) {
            let shown = gostruct::json("ScopeSelector", selector);
            faults.invalid_shown(&at, &shown, "unsupported scope applied to resource");
        }
        let open = matches!(scope, "PriorityClass" | "VolumeAttributesClass");
        if KNOWN.contains(&scope) && !open && operator != "Exists" {
            let detail = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, \
                          ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, \
                          ResourceQuotaScopeNotBestEffort or \
                          ResourceQuotaScopeCrossNamespacePodAffinity";
            faults.invalid_text(&at.child("operator"), operator, detail);
        }
        let values = rule.get("values");
        match operator {
            "In" | "NotIn" if values.items().is_empty() => {
                let detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
                faults.required(&at.child("values"), detail);
            }
            "Exists" | "DoesNotExist" if !values.items().is_empty() => {
                let detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope \
                              selector";
                faults.invalid(&at.child("values"), values, detail);
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => {
                let detail = "not a valid selector operator";
                faults.invalid_text(&at.child("operator"), operator, detail);
            }
        }
    }
}

/// Whether a scope can narrow down what is counted of a resource: pods without requests can only be
/// counted, and only pods have most of the scopes (IsResourceQuotaScopeValidForResource).
fn scope_fits(scope: &str, resource: &str) -> bool {
    let counted = matches!(resource, "pods" | "count/pods");
    let plain = resource
        .strip_prefix("requests.")
        .or(resource.strip_prefix("limits."));
    let of_pods = matches!(
        plain.unwrap_or(resource),
        "cpu" | "memory" | "ephemeral-storage"
    ) || resource.starts_with("requests.hugepages-");
    match scope {
        "BestEffort" => counted,
        "VolumeAttributesClass" => {
            resource.contains("storage") || resource.contains("persistentvolumeclaims")
        }
        _ => counted || of_pods,
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
            faults.invalid_text(&at.child("type"), kind.text(), &message);
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
        for (name, _) in limit.get(field).members() {
            names.push(name.clone());
            let list = at.child(field);
            match kind {
                "Pod" | "Container" => container_resource_name(faults, &list.key(name), name),
                _ => resource_name(faults, &list.key(name), name),
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
        if let (Some(request), Some(value)) = (request, value)
            && !resources::may_overcommit(name)
            && request.nano != value.nano
        {
            let (shown, value) = (request.to_text(), value.to_text());
            let list = at.child("defaultRequest");
            let detail = eco_format!(
                "default value {value} must equal to defaultRequest value {shown} in {name}"
            );
            faults.invalid_text(&list.key(name), &shown, &detail);
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
        let known = SYSTEM_CLASSES.iter().find(|(class, _)| *class == name);
        let why = match known {
            Some((_, worth)) if *worth == value => None,
            Some((_, worth)) => Some(eco_format!("value of {name} PriorityClass must be {worth}")),
            None => Some(eco_format!("{name} is not a known system priority class")),
        };
        if let Some(why) = why {
            let metadata = Path::root("metadata");
            let detail = eco_format!(
                "priority class names with 'system-' prefix are reserved for system use only. error: {why}"
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
