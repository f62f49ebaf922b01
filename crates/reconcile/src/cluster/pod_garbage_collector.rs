//! Deletes the pods of nodes that are gone, and those that are to end on nodes of which somebody said
//! that they are out of service (`pkg/controller/podgc`).

use super::node_lifecycle::{patch_condition, state};
use super::{Context, Controller, pod};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::EcoString;
use kube::api::{DeleteOptions, PatchType, Verb};
use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value, map, time};
use std::rc::Rc;

pub(super) const CONTROLLER: Controller = Controller {
    name: "pod-garbage-collector",
    watches,
    reconcile,
    batch: QUARANTINE,
};

/// The part of it that ends what no kubelet will end any more.
pub(super) const OUT_OF_SERVICE: Controller = Controller {
    name: CONTROLLER.name,
    watches: watches_terminating,
    reconcile: end,
    batch: 0,
};

/// How often it looks at all pods (`gcCheckPeriod`).
const CHECK: Millis = 20_000;

/// With this taint somebody says that a node is without power and will not come back by itself.
const TAINT: &str = "node.kubernetes.io/out-of-service";

/// How long a node must be gone (`quarantineTime`).
const QUARANTINE: Millis = 40_000;

/// A node that is gone, or that a pod is bound to and that is not there.
fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let new = &change.new;
    match new.key.kind.as_str() {
        "Node" if change.kind == ChangeKind::Deleted => keys.push(new.key.clone()),
        "Pod" if !pod::node(new).is_empty() && change.kind != ChangeKind::Deleted => {
            let bound = |old: &Object| pod::node(old).is_empty();
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
        let why = texts::cluster::node_is_gone(&pod.key.name, &key.name);
        let condition = map! {
            "type" => "DisruptionTarget",
            "status" => "True",
            "reason" => "DeletionByPodGC",
            "message" => "PodGC: node no longer exists",
            "lastTransitionTime" => time::rfc3339(context.now),
        };
        delete(pod, Some(condition), why, &mut plan);
    }
    plan
}

/// Deletes a pod at once, as one that has failed (`markFailedAndDeletePodWithCondition`).
fn delete(pod: &Rc<Object>, condition: Option<Value>, why: EcoString, plan: &mut Plan) {
    if !pod::has_ended(pod) {
        let note = Note::detail("patch", "DeletionByPodGC", why.clone());
        let failed = map! { "status" => map! { "phase" => "Failed" } };
        let failed = Verb::Patch(PatchType::Strategic, failed);
        plan.write(pod.key.clone(), "status", failed, note.clone());
        if let Some(condition) = condition {
            patch_condition(&pod.key, condition, note, plan);
        }
    }
    let now = DeleteOptions {
        uid: pod.meta.uid.clone(),
        grace_seconds: Some(0),
        ..DeleteOptions::default()
    };
    plan.delete(&pod.key, now, Note::detail("delete", "PodGC", why));
}

/// A node that is out of service, and the node of a pod that is to end.
fn watches_terminating(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let new = &change.new;
    let node = match new.key.kind.as_str() {
        "Node" => new.key.clone(),
        "Pod" if new.meta.deleted.is_some() => Key::new("Node", "", pod::node(new)),
        _ => return,
    };
    if store.get(&node).is_some_and(|node| is_out_of_service(node)) {
        keys.push(node);
    }
}

fn is_out_of_service(node: &Object) -> bool {
    let taints = node.spec().get("taints").items();
    taints.iter().any(|taint| taint.get("key").text() == TAINT) && state(node, "Ready") != "True"
}

/// Ends the pods that are to end on a node that is out of service (`gcTerminating`).
fn end(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    if !store.get(key).is_some_and(|node| is_out_of_service(node)) {
        return plan;
    }
    let pods = store.pods_on(&key.name);
    let mut terminating = pods.filter(|pod| pod.meta.deleted.is_some()).peekable();
    let wait = context.now.next_multiple_of(CHECK) - context.now;
    if wait > 0 && terminating.peek().is_some() {
        plan.look_again(wait);
        return plan;
    }
    for pod in terminating {
        let why = texts::cluster::out_of_service(&pod.key.name, &key.name);
        delete(pod, None, why, &mut plan);
    }
    plan
}
