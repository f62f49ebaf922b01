//! Deployments, ReplicaSets, StatefulSets, DaemonSets (`pkg/apis/apps/v1/defaults.go`).

use super::{default, default_zero, each, inside, pod, storage, within};
use crate::{Value, map};

pub(super) fn deployment(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "replicas", 1);
        default(spec, "revisionHistoryLimit", 10);
        default(spec, "progressDeadlineSeconds", 600);
        within(spec, "strategy", |strategy| {
            default_zero(strategy, "type", "RollingUpdate");
            if strategy.get("type").text() == "RollingUpdate" {
                within(strategy, "rollingUpdate", |rolling| {
                    default(rolling, "maxUnavailable", "25%");
                    default(rolling, "maxSurge", "25%");
                });
            }
        });
        within(spec, "template", pod::template);
    });
}

pub(super) fn replica_set(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "replicas", 1);
        within(spec, "template", pod::template);
    });
}

/// One that selects nothing selects what it makes.
pub(super) fn replication_controller(object: &mut Value) {
    replica_set(object);
    labels_from_template(object);
    let labels = object
        .at(&["spec", "template", "metadata", "labels"])
        .clone();
    within(object, "spec", |spec| {
        if spec.get("selector").members().next().is_none() {
            spec.set("selector", labels.clone());
        }
    });
}

/// Copies the template's labels to an object that has none of its own.
pub(super) fn labels_from_template(object: &mut Value) {
    let labels = object
        .at(&["spec", "template", "metadata", "labels"])
        .clone();
    if object.at(&["metadata", "labels"]).is_null() && !labels.is_null() {
        *object.entry_at(&["metadata", "labels"]) = labels;
    }
}

pub(super) fn stateful_set(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "replicas", 1);
        default(spec, "revisionHistoryLimit", 10);
        default_zero(spec, "podManagementPolicy", "OrderedReady");
        default(spec, "serviceName", "");
        inside(spec, "ordinals", |ordinals| default(ordinals, "start", 0));
        within(spec, "updateStrategy", |strategy| {
            if strategy.get("type").text().is_empty() {
                strategy.set("type", "RollingUpdate");
                default(strategy, "rollingUpdate", map! {});
            }
            if strategy.get("type").text() == "RollingUpdate" {
                inside(strategy, "rollingUpdate", |rolling| {
                    default(rolling, "partition", 0);
                    // Behind the feature gate MaxUnavailableStatefulSet, so that it is not taken.
                    rolling.set("maxUnavailable", Value::Null);
                });
            }
        });
        within(spec, "persistentVolumeClaimRetentionPolicy", |policy| {
            default_zero(policy, "whenDeleted", "Retain");
            default_zero(policy, "whenScaled", "Retain");
        });
        within(spec, "template", pod::template);
        each(spec, "volumeClaimTemplates", |claim| {
            claim.set("apiVersion", "v1");
            claim.set("kind", "PersistentVolumeClaim");
            default(claim, "metadata", map! {});
            storage::claim(claim);
            claim.set("status", map! { "phase" => "Pending" });
        });
    });
}

pub(super) fn daemon_set(object: &mut Value) {
    within(object, "spec", |spec| {
        default(spec, "revisionHistoryLimit", 10);
        within(spec, "updateStrategy", |strategy| {
            default_zero(strategy, "type", "RollingUpdate");
            if strategy.get("type").text() == "RollingUpdate" {
                within(strategy, "rollingUpdate", |rolling| {
                    default(rolling, "maxUnavailable", 1);
                    default(rolling, "maxSurge", 0);
                });
            }
        });
        within(spec, "template", pod::template);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

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
        super::super::apply(&mut object);
        let once = object.clone();
        super::super::apply(&mut object);
        assert_eq!(object, once);
        let container = &object
            .at(&["spec", "template", "spec", "containers"])
            .items()[0];
        // Only a pod takes requests from limits, not the template of one.
        assert_eq!(container.at(&["resources", "requests"]), &Value::Null);
        assert_eq!(
            container.at(&["readinessProbe", "httpGet", "path"]).text(),
            "/"
        );
        assert_eq!(container.get("imagePullPolicy").text(), "IfNotPresent");
    }
}
