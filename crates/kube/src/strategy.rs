//! What a kind does to an object before it is stored (`pkg/registry/*/*/strategy.go`,
//! `PrepareForCreate`): a status of its own to begin with, and names that only the server can give.

use crate::{Key, KindInfo, Millis, Value, defaults, map, time};

/// Makes a new object, whose uid is given, ready to be validated and stored.
pub(crate) fn prepare(now: Millis, info: &KindInfo, key: &Key, object: &mut Value) {
    if let Some(status) = defaults::first_status(info, object) {
        object.set("status", status);
    }
    match info.kind {
        "DaemonSet" => {
            let annotations = object.entry_at(&["metadata", "annotations"]);
            annotations.set("deprecated.daemonset.template.generation", "1");
        }
        "Job" => select_own_pods(object, key),
        "Namespace" => {
            let finalizers = object.entry_at(&["spec", "finalizers"]).items_mut();
            if !finalizers.contains(&"kubernetes".into()) {
                finalizers.push("kubernetes".into());
            }
        }
        "PersistentVolume" => {
            let since = time::rfc3339(now);
            object.set(
                "status",
                map! { "phase" => "Pending", "lastPhaseTransitionTime" => since },
            );
        }
        "Pod" => {
            let seconds = object.at(&["spec", "terminationGracePeriodSeconds"]);
            if seconds.as_int().is_some_and(|seconds| seconds < 0) {
                object.entry("spec").set("terminationGracePeriodSeconds", 1);
            }
            if !object.at(&["spec", "schedulingGates"]).items().is_empty() {
                let mut gated = map! {
                    "type" => "PodScheduled",
                    "status" => "False",
                    "lastTransitionTime" => time::rfc3339(now),
                    "reason" => "SchedulingGated",
                    "message" => "Scheduling is blocked due to non-empty scheduling gates",
                };
                *gated.entry("lastProbeTime") = Value::Null;
                let conditions = object.entry_at(&["status", "conditions"]).items_mut();
                conditions.push(gated);
            }
        }
        "Service" => {
            one_address(object, &Value::NULL);
            if object.at(&["spec", "sessionAffinity"]).text() == "None" {
                object
                    .entry("spec")
                    .set("sessionAffinityConfig", Value::Null);
            }
        }
        _ => {}
    }
}

/// Makes the new state of an old object ready to be validated and stored.
pub(crate) fn prepare_update(old: &Value, new: &mut Value, subresource: &str) {
    if new.get("kind").text() == "Namespace" && subresource != "finalize" {
        let kept = old.at(&["spec", "finalizers"]).clone();
        new.entry("spec").set("finalizers", kept);
    }
    if new.get("kind").text() == "Service" {
        one_address(new, old);
        drop_of_type(new, old);
    }
}

/// What belongs to the type that a Service had goes with it, unless it was changed too
/// (`pkg/registry/core/service/storage`, dropTypeDependentFields).
fn drop_of_type(service: &mut Value, old: &Value) {
    let old = old.get("spec");
    let kind = service.at(&["spec", "type"]).to_text();
    let spec = service.entry("spec");
    let outside = |kind: &str| matches!(kind, "NodePort" | "LoadBalancer");
    let same = |spec: &Value, field: &str| spec.get(field) == old.get(field);
    if kind == "ExternalName" {
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if same(spec, field) {
                spec.set(field, Value::Null);
            }
        }
    }
    if !outside(&kind) && outside(old.get("type").text()) {
        if same(spec, "ports") {
            for port in spec.entry("ports").items_mut().make_mut() {
                port.set("nodePort", Value::Null);
            }
        }
        if spec.get("externalIPs").is_null() && same(spec, "externalTrafficPolicy") {
            spec.set("externalTrafficPolicy", Value::Null);
        }
    }
    if kind != "LoadBalancer" {
        for field in [
            "allocateLoadBalancerNodePorts",
            "healthCheckNodePort",
            "loadBalancerClass",
        ] {
            if !old.get(field).is_null() && same(spec, field) {
                spec.set(field, Value::Null);
            }
        }
    }
}

/// `clusterIP` and the first of `clusterIPs` are the same: what was written as one is written as the
/// other (`pkg/registry/core/service/storage`, normalizeClusterIPs).
fn one_address(service: &mut Value, old: &Value) {
    let spec = service.get("spec");
    let (ip, was) = (spec.get("clusterIP"), old.at(&["spec", "clusterIP"]));
    let same_list = spec.get("clusterIPs") == old.at(&["spec", "clusterIPs"]);
    if ip.is_null() || ip == was || !same_list {
        return;
    }
    // An empty one is none: the Service keeps what it has (patchAllocatedValues).
    let (ip, ips) = match ip.text() {
        "" => (was.clone(), old.at(&["spec", "clusterIPs"]).clone()),
        _ => (ip.clone(), vec![ip.clone()].into()),
    };
    let spec = service.entry("spec");
    spec.set("clusterIP", ip);
    spec.set("clusterIPs", ips);
}

/// A Job's selector and its pods' labels name the Job by its uid, so that no two Jobs share pods
/// (`pkg/registry/batch/job/strategy.go`, generateSelector).
fn select_own_pods(job: &mut Value, key: &Key) {
    let uid = job.at(&["metadata", "uid"]).to_text();
    if job.at(&["spec", "manualSelector"]).as_bool() == Some(true) {
        return;
    }
    // A Job without labels has its template's: the two are one map then.
    let template = job.at(&["spec", "template", "metadata", "labels"]);
    let one_map = !template.is_null() && job.at(&["metadata", "labels"]).is_null();
    let labels = job.entry_at(&["spec", "template", "metadata", "labels"]);
    for (name, value) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &key.name),
        ("controller-uid", &uid),
        ("job-name", &key.name),
    ] {
        labels.set(name, value);
    }
    if one_map {
        let labels = labels.clone();
        *job.entry_at(&["metadata", "labels"]) = labels;
    }
    let selector = job.entry_at(&["spec", "selector", "matchLabels"]);
    selector.set("batch.kubernetes.io/controller-uid", &uid);
}
