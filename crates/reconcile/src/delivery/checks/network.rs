//! Checks of Services, Ingresses, autoscalers and disruption budgets: of what means other objects.

use super::{Found, Step, keys, labels, pods_of};
use crate::texts::checks as words;
use ecow::EcoString;
use kube::{Key, Value, selector};

type F<'a> = Found<'a>;

/// Whether any workload's pods have what `is_it` wants of their labels.
fn any_pods(found: &F<'_>, namespace: &str, is_it: &dyn Fn(&Value) -> bool) -> bool {
    super::MAKERS.iter().any(|(kind, _)| {
        let makers = found.others(kind, namespace);
        makers
            .iter()
            .any(|maker| pods_of(maker).is_some_and(|pods| is_it(pods.metadata.get("labels"))))
    })
}

pub(super) fn dangling_service(object: &Value, found: &mut F<'_>) {
    let spec = object.get("spec");
    if object.get("kind").text() != "Service" || spec.get("type").text() == "ExternalName" {
        return;
    }
    let wanted = spec.get("selector");
    if wanted.members().next().is_none() {
        return found.at(keys(&["spec"]), words::NO_SELECTOR);
    }
    let namespace = Key::of(object).namespace;
    if !any_pods(found, &namespace, &|labels| {
        selector::matches_labels(wanted, labels)
    }) {
        let shown: Vec<String> = labels(wanted)
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let why = words::no_pods_have(&shown.join(","));
        found.at(keys(&["spec", "selector"]), why);
    }
}

pub(super) fn dangling_ingress(object: &Value, found: &mut F<'_>) {
    if object.get("kind").text() != "Ingress" {
        return;
    }
    let key = Key::of(object);
    let default = (
        keys(&["spec", "defaultBackend"]),
        object.at(&["spec", "defaultBackend"]),
    );
    let mut backends = vec![default];
    for (at, rule) in object.at(&["spec", "rules"]).items().iter().enumerate() {
        for path in rule.at(&["http", "paths"]).items() {
            let mut place = keys(&["spec", "rules"]);
            place.push(Step::Item(at));
            backends.push((place, path.get("backend")));
        }
    }
    for (place, backend) in backends {
        let service = backend.get("service");
        let name = service.get("name").text();
        if name.is_empty() {
            continue;
        }
        let wanted = service.get("port");
        let live = found.subject.store.get(&key.sibling("Service", name));
        let ports = live.map(|live| live.spec().get("ports").items().to_vec());
        let has = |port: &Value| {
            [("name", "name"), ("number", "port")]
                .iter()
                .any(|(by, field)| !wanted.get(by).is_null() && wanted.get(by) == port.get(field))
        };
        match ports {
            None => found.at(place, words::no_such_service(name)),
            Some(ports) if !ports.iter().any(has) => {
                let port: EcoString = match wanted.get("name").text() {
                    "" => wanted.get("number").to_text(),
                    name => name.into(),
                };
                found.at(place, words::no_such_port(&port, name));
            }
            Some(_) => {}
        }
    }
}

pub(super) fn dangling_autoscaler(object: &Value, found: &mut F<'_>) {
    if object.get("kind").text() != "HorizontalPodAutoscaler" {
        return;
    }
    let target = object.at(&["spec", "scaleTargetRef"]);
    let key = Key::of(object).sibling(target.get("kind").text(), target.get("name").text());
    if found.subject.store.get(&key).is_none() {
        found.at(
            keys(&["spec", "scaleTargetRef"]),
            words::scales_nothing(&key),
        );
    }
}

pub(super) fn autoscaler_minimum(object: &Value, found: &mut F<'_>) {
    if object.get("kind").text() == "HorizontalPodAutoscaler" {
        let least = object.at(&["spec", "minReplicas"]).as_int().unwrap_or(1);
        if least < 3 {
            found.at(keys(&["spec", "minReplicas"]), words::at_least_three(least));
        }
    }
}

pub(super) fn dangling_policy(object: &Value, found: &mut F<'_>) {
    if object.get("kind").text() != "NetworkPolicy" {
        return;
    }
    let wanted = object.at(&["spec", "podSelector"]);
    let namespace = Key::of(object).namespace;
    if !any_pods(found, &namespace, &|labels| {
        selector::matches(wanted, labels)
    }) {
        found.at(
            keys(&["spec", "podSelector"]),
            words::POLICY_SELECTS_NOTHING,
        );
    }
}

pub(super) fn invalid_target_ports(object: &Value, found: &mut F<'_>) {
    let mut wrong = |path: Vec<Step>, port: &Value| {
        if let Some(why) = wrong_port(port) {
            let shown = port.to_text();
            found.at(path, words::wrong_port(&shown, why));
        }
    };
    let at = |mut path: Vec<Step>, at: usize, field: &str| {
        path.extend([Step::Item(at), Step::Key(field.into())]);
        path
    };
    if object.get("kind").text() == "Service" {
        for (place, port) in object.at(&["spec", "ports"]).items().iter().enumerate() {
            wrong(
                at(keys(&["spec", "ports"]), place, "targetPort"),
                port.get("targetPort"),
            );
        }
    }
    if let Some(pods) = pods_of(object) {
        super::each_container(&pods, true, |container| {
            for (place, port) in container.value.get("ports").items().iter().enumerate() {
                wrong(
                    at(container.path(&["ports"]), place, "name"),
                    port.get("name"),
                );
            }
        });
    }
}

/// Why a port's name or number is none (`IsValidPortName`, `IsValidPortNum`).
fn wrong_port(port: &Value) -> Option<&'static str> {
    if let Some(number) = port.as_int() {
        return (!(0..=65_535).contains(&number)).then_some(words::PORT_OUT_OF_RANGE);
    }
    let name = port.as_str().filter(|name| !name.is_empty())?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.len() > 15 {
        Some(words::PORT_TOO_LONG)
    } else if !name.bytes().all(fits) {
        Some(words::PORT_CHARACTERS)
    } else if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        Some(words::PORT_WITHOUT_LETTER)
    } else if name.contains("--") {
        Some(words::PORT_DOUBLE_HYPHEN)
    } else if name.starts_with('-') || name.ends_with('-') {
        Some(words::PORT_EDGE_HYPHEN)
    } else {
        None
    }
}

/// The number of a field that may be a share: the number, or the percentage.
fn amount(value: &Value) -> Option<(i64, bool)> {
    match (value.as_int(), value.text().strip_suffix('%')) {
        (Some(number), _) => Some((number, false)),
        (None, Some(share)) => Some((share.parse().ok()?, true)),
        (None, None) => Some((value.text().parse().ok()?, false)),
    }
}

fn is_budget(object: &Value) -> bool {
    object.get("kind").text() == "PodDisruptionBudget"
}

pub(super) fn pdb_max_unavailable(object: &Value, found: &mut F<'_>) {
    let most = object.at(&["spec", "maxUnavailable"]);
    if is_budget(object) && matches!(amount(most), Some((0, _))) {
        found.at(keys(&["spec", "maxUnavailable"]), words::NEVER_UNAVAILABLE);
    }
}

pub(super) fn pdb_min_available(object: &Value, found: &mut F<'_>) {
    let least = object.at(&["spec", "minAvailable"]);
    let (true, Some((least, is_share))) = (is_budget(object), amount(least)) else {
        return;
    };
    let place = || keys(&["spec", "minAvailable"]);
    if (least, is_share) == (100, true) {
        return found.at(place(), words::ALL_AVAILABLE);
    }
    let wanted = object.at(&["spec", "selector"]);
    let namespace = Key::of(object).namespace;
    for kind in ["Deployment", "ReplicaSet", "StatefulSet"] {
        let workloads: Vec<Value> = found
            .others(kind, &namespace)
            .into_iter()
            .cloned()
            .collect();
        for workload in workloads {
            let labels = workload.at(&["spec", "template", "metadata", "labels"]);
            let replicas = workload.at(&["spec", "replicas"]).as_int().unwrap_or(1);
            let least = match is_share {
                true => (replicas * least + 99).div_euclid(100),
                false => least,
            };
            // A budget of none, and a workload of none, keep nothing from moving.
            if selector::matches(wanted, labels) && replicas > 0 && replicas <= least {
                let name = workload.at(&["metadata", "name"]).text();
                let why = words::none_may_move(least, replicas, kind, name);
                found.at(place(), why);
            }
        }
    }
}

pub(super) fn pdb_unhealthy(object: &Value, found: &mut F<'_>) {
    if is_budget(object) && object.at(&["spec", "unhealthyPodEvictionPolicy"]).is_null() {
        found.at(keys(&["spec"]), words::NO_EVICTION_POLICY);
    }
}

pub(super) fn exposed_service(object: &Value, found: &mut F<'_>) {
    let kind = object.at(&["spec", "type"]).text();
    if object.get("kind").text() == "Service" && matches!(kind, "NodePort" | "LoadBalancer") {
        found.at(keys(&["spec", "type"]), words::reached_from_outside(kind));
    }
}

pub(super) fn old_api(object: &Value, found: &mut F<'_>) {
    let version = object.get("apiVersion").text();
    if version.starts_with("extensions/v1beta") {
        found.at(keys(&["apiVersion"]), words::version_is_gone(version));
    }
}

pub(super) fn default_namespace(object: &Value, found: &mut F<'_>) {
    if Key::of(object).namespace == "default" {
        found.at(keys(&["metadata"]), words::IN_DEFAULT);
    }
}
