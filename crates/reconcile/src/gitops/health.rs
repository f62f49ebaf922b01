//! The health of an object, by Argo CD's rules (`gitops-engine/pkg/health`), a line a kind.

use crate::cluster::pod;
use ecow::{EcoString, eco_format};
use kube::{Object, Value};

/// How an object is, from best to worst (`healthOrder` in `health.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    Healthy,
    Suspended,
    Progressing,
    Missing,
    Degraded,
    Unknown,
}

impl Code {
    /// Argo CD's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Healthy => "Healthy",
            Code::Suspended => "Suspended",
            Code::Progressing => "Progressing",
            Code::Missing => "Missing",
            Code::Degraded => "Degraded",
            Code::Unknown => "Unknown",
        }
    }
}

/// How an object is, and why.
pub(crate) type Health = (Code, EcoString);

type Rule = fn(&Object) -> Health;

/// The kinds whose health Argo CD can tell, with their API groups.
const RULES: [(&str, &str, Rule); 11] = [
    ("", "PersistentVolumeClaim", claim),
    ("", "Pod", a_pod),
    ("", "Service", service),
    ("apps", "DaemonSet", daemon_set),
    ("apps", "Deployment", deployment),
    ("apps", "ReplicaSet", replica_set),
    ("apps", "StatefulSet", stateful_set),
    ("autoscaling", "HorizontalPodAutoscaler", autoscaler),
    ("batch", "Job", job),
    ("networking.k8s.io", "Ingress", ingress),
    ("apiregistration.k8s.io", "APIService", api_service),
];

/// An object's health; none of a kind that has none, such as a ConfigMap.
pub(crate) fn of(object: &Object) -> Option<Health> {
    if object.meta.deleted.is_some() {
        return Some((Code::Progressing, "Pending deletion".into()));
    }
    let group = super::diff::group_of(&object.value);
    let is = |rule: &&(&str, &str, Rule)| (rule.0, rule.1) == (group, object.key.kind.as_str());
    RULES.iter().find(is).map(|(_, _, rule)| rule(object))
}

const HEALTHY: Health = (Code::Healthy, EcoString::new());

fn progressing(message: EcoString) -> Health {
    (Code::Progressing, message)
}

fn count(value: &Value) -> i64 {
    value.as_int().unwrap_or(0)
}

/// Whether a status is of an older spec.
fn is_stale(object: &Object) -> bool {
    object.meta.generation > count(object.status().get("observedGeneration"))
}

fn wanted(object: &Object) -> i64 {
    object.spec().get("replicas").as_int().unwrap_or(1)
}

fn deployment(object: &Object) -> Health {
    if object.spec().get("paused").as_bool() == Some(true) {
        return (Code::Suspended, "Deployment is paused".into());
    }
    let waits = |why: EcoString| progressing(eco_format!("Waiting for rollout to finish: {why}"));
    if is_stale(object) {
        return waits("observed deployment generation less than desired generation".into());
    }
    let of = |field: &str| count(object.status().get(field));
    let (all, updated, available) = (
        of("replicas"),
        of("updatedReplicas"),
        of("availableReplicas"),
    );
    let wanted = wanted(object);
    if object.condition("Progressing").get("reason").text() == "ProgressDeadlineExceeded" {
        let name = &object.key.name;
        let why = eco_format!("Deployment {name:?} exceeded its progress deadline");
        (Code::Degraded, why)
    } else if updated < wanted {
        waits(eco_format!(
            "{updated} out of {wanted} new replicas have been updated..."
        ))
    } else if all > updated {
        let old = all - updated;
        waits(eco_format!("{old} old replicas are pending termination..."))
    } else if available < updated {
        waits(eco_format!(
            "{available} of {updated} updated replicas are available..."
        ))
    } else {
        HEALTHY
    }
}

fn replica_set(object: &Object) -> Health {
    let waits = |why: EcoString| progressing(eco_format!("Waiting for rollout to finish: {why}"));
    if is_stale(object) {
        return waits("observed replica set generation less than desired generation".into());
    }
    let failure = object.condition("ReplicaFailure");
    let (available, wanted) = (
        count(object.status().get("availableReplicas")),
        wanted(object),
    );
    if failure.get("status").text() == "True" {
        (Code::Degraded, failure.get("message").to_text())
    } else if available < wanted {
        waits(eco_format!(
            "{available} out of {wanted} new replicas are available..."
        ))
    } else {
        HEALTHY
    }
}

fn stateful_set(object: &Object) -> Health {
    let of = |field: &str| object.status().get(field);
    if is_stale(object) || count(of("observedGeneration")) == 0 {
        return progressing("Waiting for statefulset spec update to be observed...".into());
    }
    let (ready, updated) = (count(of("readyReplicas")), count(of("updatedReplicas")));
    let wanted = wanted(object);
    if ready < wanted {
        let missing = wanted - ready;
        return progressing(eco_format!("Waiting for {missing} pods to be ready..."));
    }
    let strategy = object.spec().get("updateStrategy");
    let kind = strategy.get("type").text();
    let rolling = strategy.get("rollingUpdate");
    if kind == "RollingUpdate" && !rolling.is_null() {
        let least = wanted - count(rolling.get("partition"));
        return match updated < least {
            true => progressing(eco_format!(
                "Waiting for partitioned roll out to finish: {updated} out of {least} new pods have been updated..."
            )),
            false => (
                Code::Healthy,
                eco_format!(
                    "partitioned roll out complete: {updated} new pods have been updated..."
                ),
            ),
        };
    }
    if kind == "OnDelete" {
        return (
            Code::Healthy,
            eco_format!("statefulset has {ready} ready pods"),
        );
    }
    let (update, current) = (of("updateRevision").text(), of("currentRevision").text());
    if update != current {
        return progressing(eco_format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {update}..."
        ));
    }
    let pods = count(of("currentReplicas"));
    (
        Code::Healthy,
        eco_format!("statefulset rolling update complete {pods} pods at revision {current}..."),
    )
}

fn daemon_set(object: &Object) -> Health {
    if is_stale(object) {
        return progressing(
            "Waiting for rollout to finish: observed daemon set generation less than desired generation"
                .into(),
        );
    }
    let of = |field: &str| count(object.status().get(field));
    let (updated, wanted) = (of("updatedNumberScheduled"), of("desiredNumberScheduled"));
    let on_delete = object.spec().at(&["updateStrategy", "type"]).text() == "OnDelete";
    let name = &object.key.name;
    let waits = |why: EcoString| {
        progressing(eco_format!(
            "Waiting for daemon set {name:?} rollout to finish: {why}"
        ))
    };
    if on_delete {
        let why = eco_format!("daemon set {updated} out of {wanted} new pods have been updated");
        (Code::Healthy, why)
    } else if updated < wanted {
        waits(eco_format!(
            "{updated} out of {wanted} new pods have been updated..."
        ))
    } else if of("numberAvailable") < wanted {
        let available = of("numberAvailable");
        waits(eco_format!(
            "{available} of {wanted} updated pods are available..."
        ))
    } else {
        HEALTHY
    }
}

fn has_address(object: &Object) -> bool {
    let addresses = object.status().at(&["loadBalancer", "ingress"]);
    !addresses.items().is_empty()
}

fn service(object: &Object) -> Health {
    match object.spec().get("type").text() == "LoadBalancer" && !has_address(object) {
        true => progressing(EcoString::new()),
        false => HEALTHY,
    }
}

fn ingress(object: &Object) -> Health {
    match has_address(object) {
        true => HEALTHY,
        false => progressing(EcoString::new()),
    }
}

fn claim(object: &Object) -> Health {
    let code = match object.meta.phase.as_str() {
        "Lost" => Code::Degraded,
        "Pending" => Code::Progressing,
        "Bound" => Code::Healthy,
        _ => Code::Unknown,
    };
    (code, EcoString::new())
}

/// What says that an autoscaler cannot work: the condition and its reason.
const CANNOT_SCALE: [(&str, &str); 8] = [
    ("AbleToScale", "FailedGetScale"),
    ("AbleToScale", "FailedUpdateScale"),
    ("ScalingActive", "FailedGetResourceMetric"),
    ("ScalingActive", "FailedGetObjectMetric"),
    ("ScalingActive", "FailedGetPodsMetric"),
    ("ScalingActive", "FailedGetExternalMetric"),
    ("ScalingActive", "FailedComputeMetricsReplicas"),
    ("ScalingActive", "InvalidSelector"),
];

fn autoscaler(object: &Object) -> Health {
    let conditions = object.status().get("conditions").items();
    let of = |condition: &Value, field: &str| condition.get(field).to_text();
    let fails =
        |it: &&Value| CANNOT_SCALE.contains(&(it.get("type").text(), it.get("reason").text()));
    if let Some(bad) = conditions.iter().find(fails) {
        return (Code::Degraded, of(bad, "message"));
    }
    let works = |it: &&Value| {
        matches!(it.get("type").text(), "AbleToScale" | "ScalingLimited")
            && it.get("status").text() == "True"
    };
    match conditions.iter().find(works) {
        Some(good) => (Code::Healthy, of(good, "message")),
        None => progressing("Waiting to Autoscale".into()),
    }
}

fn job(object: &Object) -> Health {
    let message = |kind: &str| object.condition(kind).get("message").to_text();
    let has = |kind: &str| !object.condition(kind).is_null();
    if has("Failed") {
        return (Code::Degraded, message("Failed"));
    }
    let suspended = object.condition("Suspended").get("status").text() == "True";
    match (has("Complete"), has("Suspended")) {
        (_, true) if suspended => (Code::Suspended, message("Suspended")),
        (true, _) => (Code::Healthy, message("Complete")),
        (false, true) => (Code::Healthy, message("Suspended")),
        (false, false) => progressing(EcoString::new()),
    }
}

fn a_pod(object: &Object) -> Health {
    let always = object.spec().get("restartPolicy").text() == "Always";
    let statuses = object.status().get("containerStatuses").items();
    let message = object.status().get("message").to_text();
    if always {
        let reason = |it: &Value| it.at(&["state", "waiting", "reason"]).to_text();
        let is_bad = |reason: &str| {
            reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff")
        };
        let bad = statuses.iter().filter(|it| is_bad(&reason(it)));
        let said: Vec<EcoString> = bad
            .map(|it| it.at(&["state", "waiting", "message"]).to_text())
            .collect();
        if !said.is_empty() {
            return (Code::Degraded, said.join(", ").into());
        }
    }
    match object.meta.phase.as_str() {
        "Pending" => progressing(message),
        "Succeeded" => (Code::Healthy, message),
        "Failed" if !message.is_empty() => (Code::Degraded, message),
        "Failed" => (Code::Degraded, pod_failure(object)),
        "Running" if !always => progressing(message),
        "Running" if pod::is_ready(object) => (Code::Healthy, message),
        "Running" => {
            let ended = |it: &Value| !it.at(&["lastState", "terminated"]).is_null();
            match statuses.iter().any(ended) {
                true => (Code::Degraded, message),
                false => progressing(message),
            }
        }
        _ => (Code::Unknown, message),
    }
}

/// What the first container that failed says.
fn pod_failure(pod: &Object) -> EcoString {
    let of = |field: &str| pod.status().get(field).items().iter();
    let mut all = of("initContainerStatuses").chain(of("containerStatuses"));
    let said = |status: &Value| {
        let end = status.at(&["state", "terminated"]);
        let code = count(end.get("exitCode"));
        match (end.get("message").text(), end.get("reason").text()) {
            ("", "OOMKilled") => Some("OOMKilled".into()),
            ("", _) if code != 0 => {
                let name = status.get("name").text();
                Some(eco_format!(
                    "container {name:?} failed with exit code {code}"
                ))
            }
            ("", _) => None,
            (message, _) => Some(message.into()),
        }
    };
    all.find_map(said).unwrap_or_default()
}

fn api_service(object: &Object) -> Health {
    let available = object.condition("Available");
    let said = eco_format!(
        "{}: {}",
        available.get("reason").text(),
        available.get("message").text()
    );
    match available.get("status").text() {
        "" => progressing("Waiting to be processed".into()),
        "True" => (Code::Healthy, said),
        _ => progressing(said),
    }
}
