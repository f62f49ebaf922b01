//! Deletes the pods of nodes that are gone (`pkg/controller/podgc`).

use super::node_lifecycle::patch_condition;
use super::{Context, Controller, pod};
use crate::plan::Plan;
use crate::trace::Note;
use ecow::eco_format;
use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Change, ChangeKind, Key, Millis, Store, map, time};

pub(super) const CONTROLLER: Controller = Controller {
    name: "pod-garbage-collector",
    watches,
    reconcile,
    batch: QUARANTINE,
};

/// How long a node must be gone (`quarantineTime`).
const QUARANTINE: Millis = 40_000;

/// A node that is gone, or that a pod is bound to and that is not there.
fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let new = &change.new;
    match new.key.kind.as_str() {
        "Node" if change.kind == ChangeKind::Deleted => keys.push(new.key.clone()),
        "Pod" if !pod::node(new).is_empty() && change.kind != ChangeKind::Deleted => {
            let bound = |old: &kube::Object| pod::node(old).is_empty();
            if change.old.as_deref().is_none_or(bound) {
                let node = Key::new("Node", "", pod::node(new));
                if store.get(&node).is_none() {
                    keys.push(node);
                }
            }
        }
        _ => {}
    }
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    if store.get(key).is_some() {
        return plan;
    }
    for pod in store.pods_on(&key.name) {
        let why = eco_format!("{} was on {}, which is gone.", pod.key.name, key.name);
        let condition = map! {
            "type" => "DisruptionTarget",
            "status" => "True",
            "reason" => "DeletionByPodGC",
            "message" => "PodGC: node no longer exists",
            "lastTransitionTime" => time::rfc3339(context.now),
        };
        let note = Note::detail("patch", "DeletionByPodGC", why.clone());
        if !pod::has_ended(pod) {
            let failed = map! { "status" => map! { "phase" => "Failed" } };
            let failed = Verb::Patch(PatchType::Strategic, failed);
            plan.write(pod.key.clone(), "status", failed, note.clone());
            patch_condition(&pod.key, condition, note, &mut plan);
        }
        let now = DeleteOptions {
            uid: pod.meta.uid.clone(),
            grace_seconds: Some(0),
            ..DeleteOptions::default()
        };
        plan.delete(&pod.key, now, Note::detail("delete", "PodGC", why));
    }
    plan
}
