//! Counts what there is of what a quota limits (`pkg/controller/resourcequota`). The API server counts
//! what is created; this counts what goes.

use super::{Context, Controller};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use kube::admission::quota;
use kube::{Change, ChangeKind, Key, Store};

pub(super) const CONTROLLER: Controller = Controller {
    name: "resourcequota-controller",
    watches,
    reconcile,
    batch: 0,
};

fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let object = &change.new;
    let ended = |phase: &str| matches!(phase, "Succeeded" | "Failed");
    match (object.key.kind.as_str(), change.kind) {
        ("ResourceQuota", ChangeKind::Added | ChangeKind::Modified) => {
            keys.push(object.key.clone())
        }
        ("Event", _) => {}
        _ if !store.has("ResourceQuota") => {}
        (_, ChangeKind::Deleted) => all(store, object, keys),
        ("Pod", _) if ended(&object.meta.phase) => all(store, object, keys),
        ("Pod" | "Service", ChangeKind::Modified) if changed(change) => all(store, object, keys),
        _ => {}
    }
}

/// Whether what counts may have become less (`pkg/quota/v1/install/update_filter.go`).
fn changed(change: &Change) -> bool {
    let new = &change.new;
    change
        .old
        .as_ref()
        .is_some_and(|old| match new.key.kind.as_str() {
            "Service" => old.spec().get("type") != new.spec().get("type"),
            _ => quota::is_terminating(&old.value) != quota::is_terminating(&new.value),
        })
}

fn all(store: &Store, object: &kube::Object, keys: &mut Vec<Key>) {
    let quotas = store.list_in("ResourceQuota", &object.key.namespace);
    keys.extend(quotas.into_iter().map(|quota| quota.key.clone()));
}

/// Compares a quota's status with what there is.
fn reconcile(store: &Store, key: &Key, _: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(quota) = store.get(key) else {
        return plan;
    };
    let status = quota::status(store, quota);
    if quota.status() != &status {
        let mut value = quota.value.clone();
        *value.entry("status") = status;
        let why = texts::cluster::quota_counts(key);
        plan.update_status(key, value, Note::detail("update", "QuotaCounted", why));
    }
    plan
}
