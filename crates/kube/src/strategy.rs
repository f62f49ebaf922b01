//! What a kind does to an object before it is stored (`pkg/registry/*/*/strategy.go`,
//! `PrepareForCreate`): a status of its own to begin with, and names that only the server can give.

use crate::{Key, KindInfo, Millis, Store, Value, allocate, defaults, map, time};

/// Makes a new object, whose uid is given, ready to be validated and stored.
pub(crate) fn prepare(
    store: &mut Store,
    now: Millis,
    info: &KindInfo,
    key: &Key,
    object: &mut Value,
) {
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
        "Service" => allocate::service(store, object),
        _ => {}
    }
}

/// A Job's selector and its pods' labels name the Job by its uid, so that no two Jobs share pods
/// (`pkg/registry/batch/job/strategy.go`, generateSelector).
fn select_own_pods(job: &mut Value, key: &Key) {
    let uid = job.at(&["metadata", "uid"]).to_text();
    if job.at(&["spec", "manualSelector"]).as_bool() == Some(true) {
        return;
    }
    let labels = job.entry_at(&["spec", "template", "metadata", "labels"]);
    for (name, value) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &key.name),
        ("controller-uid", &uid),
        ("job-name", &key.name),
    ] {
        labels.set(name, value);
    }
    let selector = job.entry_at(&["spec", "selector", "matchLabels"]);
    selector.set("batch.kubernetes.io/controller-uid", &uid);
}
