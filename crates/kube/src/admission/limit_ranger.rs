//! LimitRanger: a namespace's defaults and bounds for what its pods and claims take
//! (`plugin/pkg/admission/limitranger`).

use super::amounts::{self, Amounts};
use crate::quantity::Quantity;
use crate::{Key, Status, Store, Value};
use ecow::{EcoString, eco_format};

/// Where the plugin says what it set.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// The limits of all LimitRanges of a namespace, by name of the range.
fn limits(store: &Store, namespace: &str) -> Vec<Value> {
    let ranges = store.list_in("LimitRange", namespace);
    ranges
        .iter()
        .map(|range| range.spec().get("limits").clone())
        .collect()
}

pub(super) fn admit(store: &mut Store, key: &Key, pod: &mut Value) -> Result<(), Status> {
    if key.kind != "Pod" {
        return Ok(());
    }
    for limits in limits(store, &key.namespace) {
        let mut said: Vec<EcoString> = Vec::new();
        let defaults = |field: &str| {
            let mut all = Amounts::default();
            for limit in limits
                .items()
                .iter()
                .filter(|it| it.get("type").text() == "Container")
            {
                for (name, amount) in amounts::of(limit.get(field)).iter() {
                    all.set(name.clone(), *amount);
                }
            }
            all
        };
        let (requests, most) = (defaults("defaultRequest"), defaults("default"));
        for (list, what) in [
            ("containers", "container"),
            ("initContainers", "init container"),
        ] {
            for at in 0..pod.at(&["spec", list]).items().len() {
                for (field, defaults, word) in [
                    ("requests", &requests, "request"),
                    ("limits", &most, "limit"),
                ] {
                    let container = &pod.at(&["spec", list]).items()[at];
                    let name = container.get("name").to_text();
                    let have = container.at(&["resources", field]);
                    let missing: Vec<(EcoString, EcoString)> = defaults
                        .iter()
                        .filter(|(name, _)| have.get(name).is_null())
                        .map(|(name, amount)| (name.clone(), amount.to_text()))
                        .collect();
                    if missing.is_empty() {
                        continue;
                    }
                    let names: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
                    said.push(eco_format!("{} {word} for {what} {name}", names.join(", ")));
                    let containers = pod.entry_at(&["spec", list]).items_mut();
                    let resources = containers.make_mut()[at].entry_at(&["resources", field]);
                    for (name, amount) in missing {
                        resources.set(&name, amount);
                    }
                }
            }
        }
        if !said.is_empty() {
            let text = eco_format!("LimitRanger plugin set: {}", said.join("; "));
            pod.entry_at(&["metadata", "annotations"])
                .set(ANNOTATION, text);
        }
    }
    Ok(())
}

pub(super) fn validate(
    store: &mut Store,
    key: &Key,
    old: Option<&Value>,
    object: &Value,
) -> Result<(), Status> {
    let claim = key.kind == "PersistentVolumeClaim";
    if !claim && (key.kind != "Pod" || old.is_some()) {
        return Ok(());
    }
    let spec = object.get("spec");
    for limits in limits(store, &key.namespace) {
        let mut faults: Vec<EcoString> = Vec::new();
        for limit in limits.items() {
            match (limit.get("type").text(), claim) {
                ("PersistentVolumeClaim", true) => {
                    let requests = amounts::of(spec.at(&["resources", "requests"]));
                    bounds(&mut faults, limit, &requests, None);
                }
                ("Container", false) => {
                    for list in ["containers", "initContainers"] {
                        for container in spec.get(list).items() {
                            let of = |field| amounts::of(container.at(&["resources", field]));
                            bounds(&mut faults, limit, &of("requests"), Some(&of("limits")));
                        }
                    }
                }
                ("Pod", false) => {
                    let of = |field| amounts::of_pod(spec, field);
                    bounds(&mut faults, limit, &of("requests"), Some(&of("limits")));
                }
                _ => {}
            }
        }
        // What holds of several containers is said once (`k8s.io/apimachinery/pkg/util/errors`).
        let mut said: Vec<EcoString> = Vec::new();
        for fault in faults {
            if !said.contains(&fault) {
                said.push(fault);
            }
        }
        let why = match said.as_slice() {
            [] => continue,
            [one] => one.clone(),
            more => eco_format!("[{}]", more.join(", ")),
        };
        return Err(Status::forbidden(&key.kind, &key.name, &why));
    }
    Ok(())
}

/// Holds amounts against the bounds of a limit. A claim has no limits, only requests.
fn bounds(
    faults: &mut Vec<EcoString>,
    limit: &Value,
    requests: &Amounts,
    limits: Option<&Amounts>,
) {
    let kind = limit.get("type").text();
    let none = Amounts::default();
    let (has_limits, limits) = (limits.is_some(), limits.unwrap_or(&none));
    for (name, least) in amounts::of(limit.get("min")).iter() {
        let start = eco_format!("minimum {name} usage per {kind} is {}", least.to_text());
        let (request, limit) = (requests.get(name), limits.get(name));
        match request {
            None => faults.push(eco_format!("{start}.  No request is specified")),
            Some(request) if request.nano < least.nano => {
                faults.push(eco_format!("{start}, but request is {}", request.to_text()));
            }
            _ => {
                if let Some(limit) = limit.filter(|limit| limit.nano < least.nano) {
                    faults.push(eco_format!("{start}, but limit is {}", limit.to_text()));
                }
            }
        }
    }
    for (name, most) in amounts::of(limit.get("max")).iter() {
        let start = eco_format!("maximum {name} usage per {kind} is {}", most.to_text());
        let (request, limit) = (requests.get(name), limits.get(name));
        let above = |amount: &Quantity| amount.nano > most.nano;
        match limit {
            None if has_limits => faults.push(eco_format!("{start}.  No limit is specified")),
            None if request.is_none() => {
                faults.push(eco_format!("{start}.  No request is specified"))
            }
            Some(limit) if above(&limit) => {
                faults.push(eco_format!("{start}, but limit is {}", limit.to_text()));
            }
            _ => {
                if let Some(request) = request.filter(above) {
                    faults.push(eco_format!("{start}, but request is {}", request.to_text()));
                }
            }
        }
    }
    for (name, most) in amounts::of(limit.get("maxLimitRequestRatio")).iter() {
        let start = eco_format!(
            "{name} max limit to request ratio per {kind} is {}",
            most.to_text()
        );
        let amount = |list: &Amounts| list.get(name).map_or(0, |amount| amount.nano);
        let (request, limit) = (amount(requests), amount(limits));
        if request == 0 {
            faults.push(eco_format!(
                "{start}, but no request is specified or request is 0"
            ));
        } else if limit == 0 {
            faults.push(eco_format!(
                "{start}, but no limit is specified or limit is 0"
            ));
        } else if limit.saturating_mul(1_000_000_000) > most.nano.saturating_mul(request) {
            // Six places, as Go prints a float.
            let millionths = (limit.saturating_mul(2_000_000) / request + 1) / 2;
            let (whole, part) = (millionths / 1_000_000, millionths % 1_000_000);
            faults.push(eco_format!(
                "{start}, but provided ratio is {whole}.{part:06}"
            ));
        }
    }
}
