//! What the API server warns of although it does what is asked (the `Warning` header of its answer):
//! unknown fields, Pod Security's warn level, deprecated fields, and fields that do less than they seem to
//! (`pkg/api/pod/warnings.go`, `pkg/api/service/warnings.go`, the kinds' `WarningsOnCreate`).
//!
//! Only who shows warnings asks for them: nothing else pays for that.

use crate::admission::pod_security;
use crate::api::{FieldValidation, Request, Verb};
use crate::quantity::Quantity;
use crate::{Store, Value, defaults, fields, patch, validate};
use ecow::{EcoString, eco_format};

/// What the server warns of when it does what a request asks for. Nothing, if it would refuse that.
#[must_use]
pub fn of(store: &Store, request: &Request) -> Vec<EcoString> {
    if !request.subresource.is_empty() {
        return Vec::new();
    }
    let is_new = matches!(request.verb, Verb::Create(_));
    let old = store.get(&request.key).filter(|_| !is_new);
    let old = old.map(|old| old.value.clone());
    let new = match (&request.verb, &old) {
        (Verb::Create(body), _) => Some(body.clone()),
        (Verb::Update(body), Some(_)) => Some(body.clone()),
        (Verb::Patch(how, change), Some(old)) => patch::apply(*how, old, change).ok(),
        _ => None,
    };
    let Some(mut new) = new else {
        return Vec::new();
    };
    let mut said: Vec<EcoString> = match (request.field_validation, request.fields) {
        (FieldValidation::Warn, Some(table)) => fields::unknown(table, &new).collect(),
        _ => Vec::new(),
    };
    defaults::apply(&mut new);
    let old = old.unwrap_or_default();
    said.extend(of_kind(&old, &new));
    said.extend(pod_security::warnings(store, &request.key, &old, &new));
    said
}

/// Where a kind has its pod template.
#[must_use]
pub fn template_path(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "DaemonSet"
        | "Deployment"
        | "Job"
        | "ReplicaSet"
        | "ReplicationController"
        | "StatefulSet" => &["spec", "template"],
        "CronJob" => &["spec", "jobTemplate", "spec", "template"],
        "PodTemplate" => &["template"],
        _ => return None,
    })
}

fn of_kind(old: &Value, new: &Value) -> Vec<EcoString> {
    let kind = new.get("kind").text();
    let is_new = old.is_null();
    let mut said = Vec::new();
    let becomes = match kind {
        "Pod" => "the Pod's hostname",
        "CronJob" | "Deployment" | "Job" | "ReplicaSet" | "StatefulSet" => {
            "Pod names and hostnames"
        }
        _ => "",
    };
    let faults = validate::check_label(new.at(&["metadata", "name"]).text());
    if is_new && !becomes.is_empty() && !faults.is_empty() {
        said.push(eco_format!(
            "metadata.name: this is used in {becomes}, which can result in surprising behavior; a DNS \
             label is recommended: [{}]",
            faults.join(" ")
        ));
    }
    match (kind, template_path(kind)) {
        ("Pod", _) if is_new => of_pod("", new, &mut said),
        (_, Some(path)) if is_new || old.get("spec") != new.get("spec") => {
            let prefix = eco_format!("{}.", path.join("."));
            of_pod(&prefix, new.at(path), &mut said);
        }
        ("Service", _) => of_service(new, &mut said),
        ("Ingress", _) if is_new => {
            const CLASS: &str = "kubernetes.io/ingress.class";
            if !new.at(&["metadata", "annotations", CLASS]).is_null() {
                said.push(eco_format!(
                    "annotation {CLASS:?} is deprecated, please use 'spec.ingressClassName' instead"
                ));
            }
        }
        ("Endpoints", _) => said.push(
            "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".into(),
        ),
        _ => {}
    }
    said
}

/// Fields of a headless Service that nobody reads.
fn of_service(service: &Value, said: &mut Vec<EcoString>) {
    let spec = service.get("spec");
    if spec.get("clusterIP").text() != "None" {
        return;
    }
    let unread = [
        ("spec.loadBalancerIP", !spec.get("loadBalancerIP").is_null()),
        (
            "spec.externalIPs",
            !spec.get("externalIPs").items().is_empty(),
        ),
        (
            "spec.SessionAffinity",
            spec.get("sessionAffinity").text() == "ClientIP",
        ),
    ];
    let unread = unread.into_iter().filter(|(_, is_set)| *is_set);
    said.extend(unread.map(|(field, _)| eco_format!("{field} is ignored for headless services")));
}

/// Labels of nodes that have another name by now (`pkg/api/node/util.go`).
const OLD_LABELS: &[(&str, &str)] = &[
    (
        "beta.kubernetes.io/arch",
        "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
    ),
    (
        "beta.kubernetes.io/instance-type",
        "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
    ),
    (
        "beta.kubernetes.io/os",
        "deprecated since v1.14; use \"kubernetes.io/os\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/region",
        "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
    ),
    (
        "failure-domain.beta.kubernetes.io/zone",
        "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
    ),
];

/// Annotations that nobody reads any more.
const OLD_ANNOTATIONS: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    (
        "security.alpha.kubernetes.io/sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];

/// Kinds of volumes that are gone, or going.
const OLD_VOLUMES: &[(&str, &str)] = &[
    (
        "photonPersistentDisk",
        "deprecated in v1.11, non-functional in v1.16+",
    ),
    (
        "gitRepo",
        "deprecated in v1.11, and disabled by default in v1.33+",
    ),
    ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

fn old_label(key: &str) -> Option<&'static str> {
    let found = OLD_LABELS.iter().find(|(label, _)| *label == key);
    found.map(|(_, why)| *why)
}

/// The warnings about a pod, or about a template that lies at a path.
fn of_pod(prefix: &str, pod: &Value, said: &mut Vec<EcoString>) {
    let spec = pod.get("spec");
    placement(prefix, spec, said);
    let annotations = pod.at(&["metadata", "annotations"]);
    for (key, why) in OLD_ANNOTATIONS {
        if !annotations.get(key).is_null() {
            said.push(eco_format!("{prefix}metadata.annotations[{key}]: {why}"));
        }
    }
    for (at, volume) in spec.get("volumes").items().iter().enumerate() {
        for (field, why) in OLD_VOLUMES {
            if !volume.get(field).is_null() {
                said.push(eco_format!("{prefix}spec.volumes[{at}].{field}: {why}"));
            }
        }
    }
    for (list, field) in [("hostAliases", "ip"), ("imagePullSecrets", "name")] {
        let items = spec.get(list).items();
        for (at, item) in items.iter().enumerate() {
            let name = item.get(field).text();
            if items[..at].iter().any(|it| it.get(field).text() == name) {
                said.push(eco_format!(
                    "{prefix}spec.{list}[{at}].{field}: duplicate {field} {name:?}"
                ));
            }
        }
        for (at, item) in items.iter().enumerate() {
            if field == "name" && item.get(field).text().is_empty() {
                said.push(eco_format!(
                    "{prefix}spec.{list}[{at}].{field}: invalid empty name \"\""
                ));
            }
        }
    }
    let all = containers(prefix, spec);
    for (path, container) in &all {
        of_container(prefix, path, pod, container, said);
    }
    ports(&all, said);
    let grace = spec.get("terminationGracePeriodSeconds").as_int();
    if grace.is_some_and(|grace| grace < 0) {
        said.push(eco_format!(
            "{prefix}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and \
             will be treated as 1"
        ));
    }
    selectors(prefix, spec, said);
}

/// A pod's containers of all kinds, each with its path.
fn containers<'p>(prefix: &str, spec: &'p Value) -> Vec<(EcoString, &'p Value)> {
    let mut all = Vec::new();
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for (at, container) in spec.get(list).items().iter().enumerate() {
            all.push((eco_format!("{prefix}spec.{list}[{at}]"), container));
        }
    }
    all
}

/// Old names of labels in what says where a pod may run.
fn placement(prefix: &str, spec: &Value, said: &mut Vec<EcoString>) {
    for (key, _) in spec.get("nodeSelector").members() {
        if let Some(why) = old_label(key) {
            said.push(eco_format!("{prefix}spec.nodeSelector[{key}]: {why}"));
        }
    }
    let path = eco_format!("{prefix}spec.affinity.nodeAffinity");
    let affinity = spec.at(&["affinity", "nodeAffinity"]);
    let (required, preferred) = (
        "requiredDuringSchedulingIgnoredDuringExecution",
        "preferredDuringSchedulingIgnoredDuringExecution",
    );
    let terms = affinity.at(&[required, "nodeSelectorTerms"]).items();
    for (at, term) in terms.iter().enumerate() {
        let path = eco_format!("{path}.{required}.nodeSelectorTerms[{at}]");
        of_term(&path, term, said);
    }
    for (at, term) in affinity.get(preferred).items().iter().enumerate() {
        let path = eco_format!("{path}.{preferred}[{at}].preference");
        of_term(&path, term.get("preference"), said);
    }
    let constraints = spec.get("topologySpreadConstraints").items();
    for (at, constraint) in constraints.iter().enumerate() {
        let path = eco_format!("{prefix}spec.topologySpreadConstraints[{at}]");
        let key = constraint.get("topologyKey").text();
        if let Some(why) = old_label(key) {
            said.push(eco_format!("{path}.topologyKey: {key} is {why}"));
        }
        matches_nothing(&path, constraint, said);
    }
}

fn of_term(path: &str, term: &Value, said: &mut Vec<EcoString>) {
    let expressions = term.get("matchExpressions").items();
    for (at, expression) in expressions.iter().enumerate() {
        let key = expression.get("key").text();
        if let Some(why) = old_label(key) {
            said.push(eco_format!(
                "{path}.matchExpressions[{at}].key: {key} is {why}"
            ));
        }
    }
}

fn matches_nothing(path: &str, holder: &Value, said: &mut Vec<EcoString>) {
    if holder.get("labelSelector").is_null() {
        said.push(eco_format!(
            "{path}.labelSelector: a null labelSelector results in matching no pod"
        ));
    }
}

/// Terms of affinity to other pods that no pod fits.
fn selectors(prefix: &str, spec: &Value, said: &mut Vec<EcoString>) {
    for kind in ["podAffinity", "podAntiAffinity"] {
        for (list, inner) in [
            ("requiredDuringSchedulingIgnoredDuringExecution", ""),
            (
                "preferredDuringSchedulingIgnoredDuringExecution",
                ".podAffinityTerm",
            ),
        ] {
            let terms = spec.at(&["affinity", kind, list]).items();
            for (at, term) in terms.iter().enumerate() {
                let path = eco_format!("{prefix}spec.affinity.{kind}.{list}[{at}]{inner}");
                let term = match inner {
                    "" => term,
                    _ => term.get("podAffinityTerm"),
                };
                matches_nothing(&path, term, said);
            }
        }
    }
}

fn of_container(
    prefix: &str,
    path: &str,
    pod: &Value,
    container: &Value,
    said: &mut Vec<EcoString>,
) {
    const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
    let annotation = eco_format!("{APP_ARMOR}{}", container.get("name").text());
    let has = |holder: &Value| !holder.at(&["securityContext", "appArmorProfile"]).is_null();
    let is_set = has(container) || has(pod.get("spec"));
    let is_noted = !pod.at(&["metadata", "annotations", &annotation]).is_null();
    if !prefix.is_empty() && is_noted && !is_set {
        said.push(eco_format!(
            "{prefix}metadata.annotations[{annotation}]: deprecated since v1.30; use the \
             \"appArmorProfile\" field instead"
        ));
    }
    for resource in ["memory", "ephemeral-storage"] {
        for list in ["limits", "requests"] {
            let amount = container.at(&["resources", list, resource]);
            if Quantity::of(amount).is_some_and(|it| !it.is_whole()) {
                said.push(eco_format!(
                    "{path}.resources.{list}[{resource}]: fractional byte value {:?} is invalid, must \
                     be an integer",
                    amount.to_text()
                ));
            }
        }
    }
    let variables = container.get("env").items();
    for (at, variable) in variables.iter().enumerate() {
        let name = variable.get("name").text();
        let itself = eco_format!("$({name})");
        let value = variable.get("value").text();
        let goes_on =
            variable.get("valueFrom").is_null() && value != itself && value.contains(&*itself);
        let is_again = variables[..at]
            .iter()
            .any(|it| it.get("name").text() == name);
        if is_again && !goes_on {
            said.push(eco_format!(
                "{path}.env[{at}]: hides previous definition of {name:?}, which may be dropped when \
                 using apply"
            ));
        }
    }
}

/// Ports that are told twice, in one container or in two.
fn ports(containers: &[(EcoString, &Value)], said: &mut Vec<EcoString>) {
    let mut seen: Vec<(EcoString, &Value)> = Vec::new();
    for (path, container) in containers {
        for (at, port) in container.get("ports").items().iter().enumerate() {
            let path = eco_format!("{path}.ports[{at}]");
            let number = |port: &Value, field: &str| port.get(field).as_int().unwrap_or(0);
            let host = |port: &Value| (number(port, "hostPort"), port.get("hostIP").to_text());
            let what = |port: &Value| {
                (
                    number(port, "containerPort"),
                    port.get("protocol").to_text(),
                )
            };
            for (other_path, other) in seen.iter().filter(|(_, other)| what(other) == what(port)) {
                let (mine, theirs) = (host(port), host(other));
                let how = if mine == theirs {
                    "duplicate"
                } else if mine.0 == 0 || theirs.0 == 0 {
                    "overlapping"
                } else if mine.0 == theirs.0 && mine.1.is_empty() != theirs.1.is_empty() {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                said.push(eco_format!(
                    "{path}: {how} port definition with {other_path}"
                ));
            }
            seen.push((path, port));
        }
    }
}
