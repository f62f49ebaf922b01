//! ResourceQuota: how much there may be in a namespace
//! (`k8s.io/apiserver/pkg/admission/plugin/resourcequota`, `pkg/quota/v1/evaluator/core`).

use super::amounts::{self, Amounts};
use crate::quantity::Quantity;
use crate::status::resource;
use crate::{Key, Object, Status, Store, Value, map, selector};
use ecow::{EcoString, eco_format};
use std::rc::Rc;

/// What a pod must name when a quota counts it.
const COMPUTE: &[&str] = &[
    "cpu",
    "limits.cpu",
    "limits.memory",
    "memory",
    "requests.cpu",
    "requests.memory",
];

/// How claims named their class once.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

pub(super) fn validate(
    store: &mut Store,
    key: &Key,
    old: Option<&Value>,
    new: &Value,
) -> Result<(), Status> {
    let changed = |old| match key.kind.as_str() {
        "Service" | "PersistentVolumeClaim" => true,
        "Pod" => is_terminating(old) != is_terminating(new),
        _ => false,
    };
    if key.kind == "Event" || !old.is_none_or(changed) {
        return Ok(());
    }
    let quotas: Vec<Rc<Object>> = store
        .list_in("ResourceQuota", &key.namespace)
        .into_iter()
        .filter(|quota| in_scope(quota.spec(), &key.kind, new))
        .cloned()
        .collect();
    if quotas.is_empty() {
        return Ok(());
    }
    for quota in &quotas {
        if let Some(why) = unspecified(quota, &key.kind, new) {
            return Err(Status::forbidden(&key.kind, &key.name, &why));
        }
    }
    let all = usage_of(&key.kind, new);
    let mut charged = Vec::new();
    for quota in &quotas {
        let mut wanted = all.clone();
        // What counted before counts only for what it takes more.
        if let Some(old) = old.filter(|old| in_scope(quota.spec(), &key.kind, old)) {
            let before = usage_of(&key.kind, old);
            for (name, amount) in wanted.iter_mut() {
                amount.nano -= before.get(name).map_or(0, |before| before.nano);
            }
        }
        let hard = amounts::of(quota.spec().get("hard"));
        let mut used = match quota.status().get("used") {
            // Nobody has counted yet.
            Value::Null => usage(store, quota),
            used => amounts::of(used),
        };
        wanted.retain(|name, amount| amount.nano > 0 && hard.get(name).is_some());
        if wanted.is_empty() {
            continue;
        }
        let before = used.clone();
        used.add(&wanted);
        let mut exceeded = hard.clone();
        exceeded.retain(|name, hard| {
            wanted.get(name).is_some() && used.get(name).is_some_and(|used| used.nano > hard.nano)
        });
        if !exceeded.is_empty() {
            let show = |amounts: &Amounts| {
                let shown: Vec<EcoString> = exceeded
                    .iter()
                    .filter_map(|(name, _)| {
                        Some(eco_format!("{name}={}", amounts.get(name)?.to_text()))
                    })
                    .collect();
                shown.join(",")
            };
            let why = eco_format!(
                "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                quota.key.name,
                show(&wanted),
                show(&before),
                show(&hard)
            );
            return Err(Status::forbidden(&key.kind, &key.name, &why));
        }
        charged.push((quota, used));
    }
    for (quota, used) in charged {
        let mut value = quota.value.clone();
        let status = value.entry("status");
        status.set("hard", quota.spec().get("hard").clone());
        *status.entry("used") = to_value(&used);
        store.put(quota.key.clone(), value, 0);
    }
    Ok(())
}

/// What a quota's status is when somebody counts.
#[must_use]
pub fn status(store: &Store, quota: &Object) -> Value {
    let mut status = map! { "hard" => quota.spec().get("hard").clone() };
    *status.entry("used") = to_value(&usage(store, quota));
    status
}

fn to_value(amounts: &Amounts) -> Value {
    let mut value = map! {};
    for (name, amount) in amounts.iter() {
        value.set(name, amount.stored_text());
    }
    value
}

/// What there is of each resource that a quota limits.
fn usage(store: &Store, quota: &Object) -> Amounts {
    let mut used: Amounts = amounts::of(quota.spec().get("hard"));
    used.retain(|name, _| is_tracked(name));
    for (_, amount) in used.iter_mut() {
        *amount = Quantity::whole(0);
    }
    for info in crate::KINDS.iter().filter(|info| info.namespaced) {
        for object in store.list_in(info.kind, &quota.key.namespace) {
            if in_scope(quota.spec(), info.kind, &object.value) {
                let own = usage_of(info.kind, &object.value);
                for (name, sum) in used.iter_mut() {
                    *sum = own.get(name).map_or(*sum, |amount| sum.plus(amount));
                }
            }
        }
    }
    used
}

/// What one object takes.
fn usage_of(kind: &str, object: &Value) -> Amounts {
    let mut used = Amounts::default();
    let mut count = |name: EcoString, number: usize| {
        used.set(
            name,
            Quantity::whole(i64::try_from(number).unwrap_or(i64::MAX)),
        );
    };
    let resource = resource(kind);
    count(eco_format!("count/{resource}"), 1);
    let spec = object.get("spec");
    match kind {
        "ConfigMap" | "Secret" | "ReplicationController" | "ResourceQuota" => count(resource, 1),
        "Service" => {
            let kind = spec.get("type").text();
            let balanced = kind == "LoadBalancer";
            let allocated = spec.get("allocateLoadBalancerNodePorts").as_bool() != Some(false);
            let ports = spec.get("ports").items();
            let open = match kind {
                "NodePort" => ports.len(),
                "LoadBalancer" if allocated => ports.len(),
                "LoadBalancer" => ports
                    .iter()
                    .filter(|it| !it.get("nodePort").is_null())
                    .count(),
                _ => 0,
            };
            count("services".into(), 1);
            count("services.loadbalancers".into(), usize::from(balanced));
            count("services.nodeports".into(), open);
        }
        "PersistentVolumeClaim" => {
            count(resource, 1);
            let class = match object.at(&["metadata", "annotations", CLASS_ANNOTATION]) {
                Value::Null => spec.get("storageClassName").text(),
                class => class.text(),
            };
            let of_class = |name: &str| eco_format!("{class}.storageclass.storage.k8s.io/{name}");
            if !class.is_empty() {
                count(of_class("persistentvolumeclaims"), 1);
            }
            if let Some(mut size) = Quantity::of(spec.at(&["resources", "requests", "storage"])) {
                size.nano += (-size.nano).rem_euclid(Quantity::whole(1).nano);
                used.set("requests.storage".into(), size);
                if !class.is_empty() {
                    used.set(of_class("requests.storage"), size);
                }
            }
        }
        "Pod"
            if !matches!(
                object.at(&["status", "phase"]).text(),
                "Succeeded" | "Failed"
            ) =>
        {
            count("pods".into(), 1);
            for (name, amount) in amounts::of_pod(spec, "requests").iter() {
                used.set(eco_format!("requests.{name}"), *amount);
                if !name.contains('/') {
                    used.set(name.clone(), *amount);
                }
            }
            for (name, amount) in amounts::of_pod(spec, "limits").iter() {
                used.set(eco_format!("limits.{name}"), *amount);
            }
        }
        _ => {}
    }
    used
}

/// Why a pod cannot be counted: it does not say how much it takes of what the quota limits.
fn unspecified(quota: &Object, kind: &str, pod: &Value) -> Option<EcoString> {
    if kind != "Pod" {
        return None;
    }
    let spec = pod.get("spec");
    // What a pod says of itself as a whole stands for its containers.
    let whole = spec.get("resources").members();
    if whole
        .into_iter()
        .any(|(_, list)| list.members().next().is_some())
    {
        return None;
    }
    let hard = quota.spec().get("hard");
    let mut said: Vec<EcoString> = Vec::new();
    for name in COMPUTE.iter().filter(|name| !hard.get(name).is_null()) {
        let (list, resource) = match name.split_once('.') {
            Some((list, resource)) => (list, resource),
            None => ("requests", *name),
        };
        let all = ["containers", "initContainers"];
        let all = all
            .iter()
            .flat_map(|containers| spec.get(containers).items());
        let mut missing: Vec<&str> = all
            .filter(|container| container.at(&["resources", list, resource]).is_null())
            .map(|container| container.get("name").text())
            .collect();
        if !missing.is_empty() {
            lean::sort(&mut missing);
            said.push(eco_format!("{name} for: {}", missing.join(",")));
        }
    }
    if said.is_empty() {
        return None;
    }
    let quota = &quota.key.name;
    Some(eco_format!(
        "failed quota: {quota}: must specify {}",
        said.join("; ")
    ))
}

/// Whether anything counts a resource that a quota names: any name without a group is a known one
/// (validation says so); there may be no such objects, or none that are limited so.
fn is_tracked(name: &str) -> bool {
    let counted = |info: &crate::KindInfo| info.namespaced && info.kind != "Event";
    match (name.strip_prefix("count/"), name.split_once('/')) {
        (Some(objects), _) => crate::KINDS
            .iter()
            .any(|info| counted(info) && resource(info.kind) == objects),
        (_, None) => true,
        (_, Some((group, what))) => match group.strip_prefix("requests.") {
            Some(group) => !group.contains("kubernetes.io"),
            None => {
                group.ends_with(".storageclass.storage.k8s.io")
                    && matches!(what, "persistentvolumeclaims" | "requests.storage")
            }
        },
    }
}

/// Whether a quota counts an object. With scopes it counts only pods, and of them only some; and
/// claims by their class of attributes.
fn in_scope(quota: &Value, kind: &str, object: &Value) -> bool {
    let scopes = quota.get("scopes").items();
    let rules = quota.at(&["scopeSelector", "matchExpressions"]).items();
    if scopes.is_empty() && rules.is_empty() {
        return true;
    }
    matches!(kind, "Pod" | "PersistentVolumeClaim")
        && scopes
            .iter()
            .all(|scope| has_scope(kind, object, scope.text(), &Value::NULL))
        && rules
            .iter()
            .all(|rule| has_scope(kind, object, rule.get("scopeName").text(), rule))
}

/// Whether a pod may not run for ever, so that its quota is that of the scope `Terminating`.
#[must_use]
pub fn is_terminating(pod: &Value) -> bool {
    let deadline = pod.at(&["spec", "activeDeadlineSeconds"]).as_int();
    deadline.is_some_and(|seconds| seconds >= 0)
}

fn has_scope(kind: &str, pod: &Value, scope: &str, rule: &Value) -> bool {
    let spec = pod.get("spec");
    // Whether its class, of whatever sort, is one of those that the rule names.
    let classed = |field: &str| {
        let class = spec.get(field);
        if rule.get("operator").text() == "Exists" || rule.is_null() {
            return !class.text().is_empty();
        }
        let mut rule = rule.clone();
        rule.set("key", "class");
        let labels = map! { "class" => class.clone() };
        selector::matches(&map! { "matchExpressions" => vec![rule] }, &labels)
    };
    if kind != "Pod" {
        return scope == "VolumeAttributesClass" && classed("volumeAttributesClassName");
    }
    let best_effort = pod.at(&["status", "qosClass"]).text() == "BestEffort";
    match scope {
        "Terminating" => is_terminating(pod),
        "NotTerminating" => !is_terminating(pod),
        "BestEffort" => best_effort,
        "NotBestEffort" => !best_effort,
        "PriorityClass" => classed("priorityClassName"),
        "CrossNamespacePodAffinity" => {
            let affinity = spec.get("affinity");
            ["podAffinity", "podAntiAffinity"]
                .iter()
                .any(|kind| elsewhere(affinity.get(kind)))
        }
        _ => false,
    }
}

/// Whether an affinity is about pods of other namespaces.
fn elsewhere(affinity: &Value) -> bool {
    let named = |term: &Value| {
        !term.get("namespaces").items().is_empty() || !term.get("namespaceSelector").is_null()
    };
    affinity.members().any(|(_, terms)| {
        terms
            .items()
            .iter()
            .any(|term| named(term) || named(term.get("podAffinityTerm")))
    })
}
