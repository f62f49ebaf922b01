//! What the API server fills in (`pkg/apis/{core,apps}/v1/defaults.go`).
//!
//! Every function only adds what is absent, so an object that is complete already is not copied.

use crate::{Value, map};
use ecow::EcoString;

/// Fills in what an object of its kind leaves open.
pub(crate) fn apply(object: &mut Value) {
    match object.get("kind").text() {
        "Deployment" => deployment(object),
        "ReplicaSet" => replica_set(object),
        "Pod" => within(object, "spec", pod_spec),
        "Service" => within(object, "spec", service_spec),
        _ => {}
    }
}

/// Changes a member of a map in place; one that is absent becomes an empty map.
fn within(object: &mut Value, key: &str, change: impl FnOnce(&mut Value)) {
    // Written back only if it changed: what is shared stays shared.
    let mut member = object.get(key).clone();
    if member.is_null() {
        member = map! {};
    }
    change(&mut member);
    if object.get(key) != &member {
        *object.entry(key) = member;
    }
}

/// Changes each item of a list in place.
fn each(object: &mut Value, key: &str, change: impl Fn(&mut Value)) {
    let items = object.get(key).items();
    let changed: Vec<Value> = items
        .iter()
        .map(|item| {
            let mut item = item.clone();
            change(&mut item);
            item
        })
        .collect();
    if items != changed.as_slice() {
        *object.entry(key) = changed.into();
    }
}

fn default(object: &mut Value, key: &str, value: impl Into<Value>) {
    if object.get(key).is_null() {
        *object.entry(key) = value.into();
    }
}

fn deployment(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "replicas", 1);
        default(spec, "revisionHistoryLimit", 10);
        default(spec, "progressDeadlineSeconds", 600);
        within(spec, "strategy", |strategy| {
            default(strategy, "type", "RollingUpdate");
            if strategy.get("type").text() == "RollingUpdate" {
                within(strategy, "rollingUpdate", |rolling| {
                    default(rolling, "maxUnavailable", "25%");
                    default(rolling, "maxSurge", "25%");
                });
            }
        });
        within(spec, "template", pod_template);
    });
}

fn replica_set(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "replicas", 1);
        within(spec, "template", pod_template);
    });
    let labels = object
        .at(&["spec", "template", "metadata", "labels"])
        .clone();
    if object.at(&["metadata", "labels"]).is_null() && !labels.is_null() {
        *object.entry_at(&["metadata", "labels"]) = labels;
    }
}

fn pod_template(template: &mut Value) {
    within(template, "spec", pod_spec);
}

fn pod_spec(spec: &mut Value) {
    default(spec, "restartPolicy", "Always");
    default(spec, "terminationGracePeriodSeconds", 30);
    default(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "securityContext", map! {});
    default(spec, "schedulerName", "default-scheduler");
    let account = spec.get("serviceAccountName").clone();
    if !account.is_null() {
        default(spec, "serviceAccount", account);
    }
    each(spec, "initContainers", container);
    each(spec, "containers", container);
    each(spec, "volumes", volume);
}

fn container(container: &mut Value) {
    let policy = match tag(container.get("image").text()) {
        None | Some("latest") => "Always",
        Some(_) => "IfNotPresent",
    };
    default(container, "imagePullPolicy", policy);
    default(container, "terminationMessagePath", "/dev/termination-log");
    default(container, "terminationMessagePolicy", "File");
    default(container, "resources", map! {});
    requests_from_limits(container);
    each(container, "ports", |port| default(port, "protocol", "TCP"));
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if !container.get(name).is_null() {
            within(container, name, probe);
        }
    }
}

/// A limit without a request is also the request.
fn requests_from_limits(container: &mut Value) {
    let missing: Vec<(EcoString, Value)> = container
        .at(&["resources", "limits"])
        .members()
        .filter(|(name, _)| container.at(&["resources", "requests"]).get(name).is_null())
        .map(|(name, amount)| (name.clone(), amount.clone()))
        .collect();
    for (name, amount) in missing {
        container
            .entry_at(&["resources", "requests"])
            .set(&name, amount);
    }
}

fn probe(probe: &mut Value) {
    default(probe, "timeoutSeconds", 1);
    default(probe, "periodSeconds", 10);
    default(probe, "successThreshold", 1);
    default(probe, "failureThreshold", 3);
    if !probe.get("httpGet").is_null() {
        within(probe, "httpGet", |get| {
            default(get, "path", "/");
            default(get, "scheme", "HTTP");
        });
    }
}

fn volume(volume: &mut Value) {
    for source in ["configMap", "secret", "projected", "downwardAPI"] {
        if !volume.get(source).is_null() {
            within(volume, source, |source| {
                default(source, "defaultMode", 0o644)
            });
        }
    }
}

fn service_spec(spec: &mut Value) {
    default(spec, "type", "ClusterIP");
    default(spec, "sessionAffinity", "None");
    default(spec, "internalTrafficPolicy", "Cluster");
    default(spec, "ipFamilyPolicy", "SingleStack");
    each(spec, "ports", |port| {
        default(port, "protocol", "TCP");
        let same = port.get("port").clone();
        default(port, "targetPort", same);
    });
}

/// The tag of an image reference; none if it has none. A digest counts as a tag here: it is not
/// `latest`.
fn tag(image: &str) -> Option<&str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once('@')
        .or_else(|| name.split_once(':'))
        .map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pull_policy_follows_the_tag() {
        let cases = [
            ("app", None),
            ("app:latest", Some("latest")),
            ("registry:5000/team/app", None),
            ("registry:5000/team/app:1", Some("1")),
            ("app@sha256:00", Some("sha256:00")),
        ];
        for (image, expected) in cases {
            assert_eq!(tag(image), expected, "{image}");
        }
    }

    #[test]
    fn filling_in_twice_changes_nothing() {
        let mut object = map! { "kind" => "Deployment", "spec" => map! {
            "template" => map! { "spec" => map! { "containers" => vec![map! {
                "name" => "c",
                "image" => "app:1",
                "resources" => map! { "limits" => map! { "cpu" => "1" } },
                "readinessProbe" => map! { "httpGet" => map! { "port" => 80 } },
            }] } },
        } };
        apply(&mut object);
        let once = object.clone();
        apply(&mut object);
        assert_eq!(object, once);
        let container = &object
            .at(&["spec", "template", "spec", "containers"])
            .items()[0];
        assert_eq!(container.at(&["resources", "requests", "cpu"]).text(), "1");
        assert_eq!(
            container.at(&["readinessProbe", "httpGet", "path"]).text(),
            "/"
        );
        assert_eq!(container.get("imagePullPolicy").text(), "IfNotPresent");
    }
}
