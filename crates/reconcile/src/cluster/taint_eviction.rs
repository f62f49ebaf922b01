//! Deletes pods that do not tolerate what their node is tainted with
//! (`pkg/controller/tainteviction`).

use super::node_lifecycle::patch_condition;
use super::scheduler::tolerates;
use super::{Context, Controller, pod};
use crate::plan::Plan;
use crate::texts;
use crate::trace::Note;
use ecow::eco_format;
use kube::api::DeleteOptions;
use kube::{Change, ChangeKind, Key, Millis, Object, Store, Value, map, time};
use std::rc::Rc;

pub(super) const CONTROLLER: Controller = Controller {
    name: "taint-eviction-controller",
    watches,
    reconcile,
    batch: 0,
};

/// The pods of a node whose taints have changed, and a pod that came to a tainted node.
fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let new = &change.new;
    if change.kind == ChangeKind::Deleted {
        return;
    }
    let old = change.old.as_deref();
    match new.key.kind.as_str() {
        "Node" => {
            let before = old.map_or(&Value::NULL, taints);
            if before != taints(new) && !taints(new).is_null() {
                keys.extend(store.pods_on(&new.key.name).map(|pod| pod.key.clone()));
            }
        }
        "Pod" if old.is_none_or(|old| old.spec() != new.spec()) => {
            let node = store.get(&Key::new("Node", "", pod::node(new)));
            if node.is_some_and(|node| !taints(node).is_null()) {
                keys.push(new.key.clone());
            }
        }
        _ => {}
    }
}

fn taints(node: &Object) -> &Value {
    node.spec().get("taints")
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(pod) = store.get(key).filter(|pod| pod.meta.deleted.is_none()) else {
        return plan;
    };
    let Some(node) = store.get(&Key::new("Node", "", pod::node(pod))) else {
        return plan;
    };
    match stays_until(pod, node) {
        None => {}
        Some(end) if context.now < end => plan.look_again(end - context.now),
        Some(_) => evict(pod, context.now, &mut plan),
    }
    plan
}

/// Until when a pod tolerates its node's taints; none if for ever. A time that has passed if it does
/// not tolerate all of them (`processPodOnNode`).
fn stays_until(pod: &Object, node: &Object) -> Option<Millis> {
    let tolerations = pod.spec().get("tolerations").items();
    let mut ends = None;
    let taints = taints(node).items().iter();
    for taint in taints.filter(|taint| taint.get("effect").text() == "NoExecute") {
        let mut matching = tolerations
            .iter()
            .filter(|it| tolerates(it, taint))
            .peekable();
        if matching.peek().is_none() {
            return Some(0);
        }
        let seconds = matching.filter_map(|it| it.get("tolerationSeconds").as_int());
        let Some(seconds) = seconds.min() else {
            continue;
        };
        let since = time::parse_rfc3339(taint.get("timeAdded").text());
        let since = since.unwrap_or(0).max(pod.meta.created);
        let end = since + u64::try_from(seconds).unwrap_or(0) * 1000;
        ends = Some(ends.map_or(end, |before: Millis| before.min(end)));
    }
    ends
}

fn evict(pod: &Rc<Object>, now: Millis, plan: &mut Plan) {
    let key = &pod.key;
    let message = eco_format!("Marking for deletion Pod {}/{}", key.namespace, key.name);
    plan.event(pod, Note::detail("event", "TaintManagerEviction", message));
    let condition = map! {
        "type" => "DisruptionTarget",
        "status" => "True",
        "reason" => "DeletionByTaintManager",
        "message" => "Taint manager: deleting due to NoExecute taint",
        "lastTransitionTime" => time::rfc3339(now),
    };
    let node = pod::node(pod);
    let why = texts::cluster::does_not_tolerate(&key.name, node);
    let note = Note::detail("patch", "DeletionByTaintManager", why.clone());
    patch_condition(key, condition, note, plan);
    let same = DeleteOptions {
        uid: pod.meta.uid.clone(),
        ..DeleteOptions::default()
    };
    plan.delete(
        key,
        same,
        Note::story("delete", "TaintManagerEviction", why),
    );
}
