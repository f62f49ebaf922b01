//! Pods and pod templates (`pkg/apis/core/v1/defaults.go`, `pkg/apis/core/v1/conversion.go`).

use super::{default, default_zero, each, inside, within};
use crate::{Value, map, quantity};
use ecow::EcoString;

/// A pod: its spec, and what templates leave to the pod.
pub(super) fn pod(object: &mut Value) {
    within(object, "spec", |spec| {
        pod_spec(spec);
        default(spec, "enableServiceLinks", true);
        let host_network = spec.get("hostNetwork").as_bool() == Some(true);
        for list in ["initContainers", "containers"] {
            each(spec, list, |container| {
                requests_from_limits(container);
                if host_network {
                    each(container, "ports", |port| {
                        let same = port.get("containerPort").clone();
                        default(port, "hostPort", same);
                    });
                }
            });
        }
        if !spec.get("resources").is_null() {
            requests_from_limits(spec);
        }
    });
}

/// A pod template: `metadata` is always there.
pub(super) fn template(template: &mut Value) {
    default(template, "metadata", map! {});
    within(template, "spec", pod_spec);
}

fn pod_spec(spec: &mut Value) {
    default_zero(spec, "restartPolicy", "Always");
    default(spec, "terminationGracePeriodSeconds", 30);
    default_zero(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "securityContext", map! {});
    default_zero(spec, "schedulerName", "default-scheduler");
    // The old name of the field goes along with the new one; the new one wins.
    match spec.get("serviceAccountName").text() {
        "" if !spec.get("serviceAccount").is_null() => {
            let account = spec.get("serviceAccount").clone();
            spec.set("serviceAccountName", account);
        }
        "" => {}
        account if spec.get("serviceAccount").text() != account => {
            let account = Value::from(account);
            spec.set("serviceAccount", account);
        }
        _ => {}
    }
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        each(spec, list, container);
    }
    each(spec, "volumes", volume);
}

fn container(container: &mut Value) {
    let policy = pull_policy(container.get("image").text());
    default_zero(container, "imagePullPolicy", policy);
    default_zero(container, "terminationMessagePath", "/dev/termination-log");
    default_zero(container, "terminationMessagePolicy", "File");
    default(container, "resources", map! {});
    each(container, "ports", |port| {
        default_zero(port, "protocol", "TCP");
        if port.get("name").as_str() == Some("") {
            port.set("name", Value::Null);
        }
    });
    each(container, "env", |variable| {
        inside(variable, "valueFrom", field_source);
    });
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        inside(container, name, probe);
    }
    inside(container, "lifecycle", |lifecycle| {
        for name in ["postStart", "preStop"] {
            inside(lifecycle, name, |hook| {
                inside(hook, "httpGet", http_get);
                inside(hook, "sleep", |sleep| default(sleep, "seconds", 0));
            });
        }
    });
}

/// A reference to a field of the pod, or to a resource of a container.
fn field_source(source: &mut Value) {
    inside(source, "fieldRef", |field| {
        default_zero(field, "apiVersion", "v1")
    });
    inside(source, "resourceFieldRef", |field| {
        default(field, "divisor", "0")
    });
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
    default_zero(probe, "timeoutSeconds", 1);
    default_zero(probe, "periodSeconds", 10);
    default_zero(probe, "successThreshold", 1);
    default_zero(probe, "failureThreshold", 3);
    inside(probe, "httpGet", http_get);
    inside(probe, "grpc", |grpc| default(grpc, "service", ""));
}

fn http_get(get: &mut Value) {
    default_zero(get, "path", "/");
    default_zero(get, "scheme", "HTTP");
    each(get, "httpHeaders", |header| default(header, "value", ""));
}

fn volume(volume: &mut Value) {
    if volume.members().all(|(name, _)| name == "name") {
        volume.set("emptyDir", map! {});
    }
    for source in ["configMap", "secret", "projected", "downwardAPI"] {
        inside(volume, source, |source| {
            default(source, "defaultMode", 0o644)
        });
    }
    inside(volume, "downwardAPI", |source| {
        each(source, "items", field_source)
    });
    inside(volume, "projected", |projected| {
        each(projected, "sources", |source| {
            inside(source, "serviceAccountToken", |token| {
                default(token, "expirationSeconds", 3600);
            });
            inside(source, "downwardAPI", |downward| {
                each(downward, "items", field_source)
            });
        });
    });
    inside(volume, "hostPath", |path| default(path, "type", ""));
    inside(volume, "iscsi", |disk| {
        default(disk, "iscsiInterface", "default")
    });
    inside(volume, "image", |image| {
        let policy = pull_policy(image.get("reference").text());
        default(image, "pullPolicy", policy);
    });
    inside(volume, "ephemeral", |ephemeral| {
        inside(ephemeral, "volumeClaimTemplate", |claim| {
            default(claim, "metadata", map! {});
            inside(claim, "spec", |spec| {
                default(spec, "volumeMode", "Filesystem")
            });
        });
    });
}

/// An image that is named by a moving tag is asked for anew each time. What names none has no tag.
fn pull_policy(image: &str) -> &'static str {
    match tag(image) {
        None if !has_name(image) => "IfNotPresent",
        None | Some("latest") => "Always",
        Some(_) => "IfNotPresent",
    }
}

/// The tag of an image reference; none if it has none. A digest without a tag counts as one here: it
/// is not `latest`.
fn tag(image: &str) -> Option<&str> {
    let name = image.rsplit('/').next().unwrap_or(image);
    let (name, digest) = match name.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (name, None),
    };
    name.split_once(':').map(|(_, tag)| tag).or(digest)
}

/// Whether a reference without a tag names a repository at all: in small letters, after its host
/// (`github.com/distribution/reference`).
fn has_name(image: &str) -> bool {
    let is_host = |host: &str| {
        host == "localhost" || host.contains(|c: char| ".:".contains(c) || c.is_ascii_uppercase())
    };
    let path = match image.split_once('/') {
        Some((host, path)) if is_host(host) => path,
        _ => image,
    };
    let in_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    path.split('/').all(|part| {
        part.starts_with(in_name)
            && part.ends_with(in_name)
            && part.chars().all(|c| in_name(c) || "._-".contains(c))
    })
}

/// The class of service that a pod gets: by whether its containers ask for and limit what they use
/// (`pkg/apis/core/helper/qos`).
#[must_use]
pub fn qos_class(spec: &Value) -> &'static str {
    let lists = [spec.get("initContainers"), spec.get("containers")];
    let whole = !spec.get("resources").is_null();
    let mut guaranteed = true;
    let mut nothing = true;
    let mut look = |resources: &Value| {
        for name in ["cpu", "memory"] {
            let amount = |list: &str| quantity::milli_of(resources.at(&[list, name]));
            let (request, limit) = (amount("requests"), amount("limits"));
            nothing &= request == 0 && limit == 0;
            guaranteed &= limit != 0 && request == limit;
        }
    };
    if whole {
        look(spec.get("resources"));
    } else {
        for container in lists.into_iter().flat_map(Value::items) {
            look(container.get("resources"));
        }
    }
    match (nothing, guaranteed) {
        (true, _) => "BestEffort",
        (_, true) => "Guaranteed",
        _ => "Burstable",
    }
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
            ("app:latest@sha256:00", Some("latest")),
        ];
        for (image, expected) in cases {
            assert_eq!(tag(image), expected, "{image}");
        }
    }

    #[test]
    fn service_follows_requests_and_limits() {
        let resources = |requests: Value, limits: Value| {
            map! { "containers" => vec![map! {
                "resources" => map! { "requests" => requests, "limits" => limits },
            }] }
        };
        let both = map! { "cpu" => "1", "memory" => "1Gi" };
        let cases = [
            (resources(Value::Null, Value::Null), "BestEffort"),
            (resources(map! { "cpu" => "1" }, Value::Null), "Burstable"),
            (resources(map! { "cpu" => "0" }, Value::Null), "BestEffort"),
            (resources(both.clone(), both.clone()), "Guaranteed"),
            (resources(map! { "cpu" => "1" }, both), "Burstable"),
        ];
        for (spec, expected) in cases {
            assert_eq!(qos_class(&spec), expected, "{spec:?}");
        }
    }
}
