//! Gives every pod a node that has room for what it requests
//! (`pkg/scheduler`: NodeUnschedulable, NodeResourcesFit, LeastAllocated).

use super::nodes::{self, Node};
use super::pod::{self, Requests};
use super::{Context, Controller};
use crate::plan::Plan;
use crate::trace::Note;
use ecow::{EcoString, eco_format};
use kube::api::{PatchType, Verb};
use kube::{Change, ChangeKind, Key, Store, map, time};
use std::collections::BTreeMap;

pub(super) const CONTROLLER: Controller = Controller {
    name: "default-scheduler",
    watches,
    reconcile,
};

/// A new pod; and those that no node had room for, when room may have come.
fn watches(store: &Store, change: &Change, keys: &mut Vec<Key>) {
    let object = &change.new;
    let room = match object.key.kind.as_str() {
        "Pod" if change.kind == ChangeKind::Added => {
            keys.push(object.key.clone());
            false
        }
        "Pod" => change.kind == ChangeKind::Deleted || pod::has_ended(object),
        "Node" => true,
        _ => false,
    };
    if room {
        keys.extend(store.unschedulable().map(|pod| pod.key.clone()));
    }
}

fn reconcile(store: &Store, key: &Key, context: &Context<'_>) -> Plan {
    let mut plan = Plan::settled();
    let Some(pod) = store.get(key).filter(|pod| pod.meta.deleted.is_none()) else {
        return plan;
    };
    if !pod::node(pod).is_empty() {
        return plan;
    }
    let (needs, weight) = (pod::requests(pod), nodes::weight(pod));
    let mut refusals: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut best: Option<(i64, &Node)> = None;
    for node in context.nodes.list() {
        let reasons = misfits(node, needs);
        if reasons.is_empty() {
            let score = least_allocated(node, weight);
            if best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, node));
            }
        }
        for reason in reasons {
            *refusals.entry(reason).or_default() += 1;
        }
    }
    if let Some((_, node)) = best {
        let message = eco_format!(
            "Successfully assigned {}/{} to {}",
            key.namespace,
            key.name,
            node.name
        );
        let binding = map! {
            "apiVersion" => "v1",
            "kind" => "Binding",
            "target" => map! { "kind" => "Node", "name" => &node.name },
        };
        let why = eco_format!(
            "{} goes to {}: of the nodes with room for {}m CPU and {} MiB it is the least full.",
            key.name,
            node.name,
            needs.cpu,
            needs.memory >> 20
        );
        let note = Note::detail("bind", "Scheduled", why);
        plan.write(key.clone(), "binding", Verb::Create(binding), note);
        plan.event(pod, Note::detail("event", "Scheduled", message));
        return plan;
    }
    let message = unschedulable(context.nodes.list().len(), &refusals);
    if pod.condition("PodScheduled").get("message").text() == message {
        return plan;
    }
    let condition = map! {
        "type" => "PodScheduled",
        "status" => "False",
        "reason" => "Unschedulable",
        "message" => &message,
        "lastTransitionTime" => time::rfc3339(context.now),
    };
    let change = map! { "status" => map! { "conditions" => vec![condition] } };
    let why = eco_format!("{} waits: no node has room for what it requests.", key.name);
    plan.write(
        key.clone(),
        "status",
        Verb::Patch(PatchType::Strategic, change),
        Note::warning("patch", "Unschedulable", why),
    );
    plan.event(pod, Note::warning("event", "FailedScheduling", message));
    plan
}

/// Why a node cannot take a pod, in the scheduler's words; nothing if it can.
fn misfits(node: &Node, needs: Requests) -> Vec<&'static str> {
    if !node.open {
        return vec!["node(s) were unschedulable"];
    }
    let mut reasons = Vec::new();
    if node.pods + 1 > node.pods_max {
        reasons.push("Too many pods");
    }
    if needs.cpu > 0 && node.requested.cpu + needs.cpu > node.allocatable.cpu {
        reasons.push("Insufficient cpu");
    }
    if needs.memory > 0 && node.requested.memory + needs.memory > node.allocatable.memory {
        reasons.push("Insufficient memory");
    }
    reasons
}

/// The share of a node that would stay free, from 0 to 100 (`least_allocated.go`).
fn least_allocated(node: &Node, weight: Requests) -> i64 {
    let free = |allocatable: i64, used: i64| {
        if used > allocatable || allocatable == 0 {
            0
        } else {
            (allocatable - used) * 100 / allocatable
        }
    };
    let cpu = free(node.allocatable.cpu, node.weight.cpu + weight.cpu);
    let memory = free(node.allocatable.memory, node.weight.memory + weight.memory);
    (cpu + memory) / 2
}

/// The message of FailedScheduling. The lab does not preempt, so the second half says what the real
/// scheduler says where preemption finds nobody to evict.
fn unschedulable(nodes: usize, refusals: &BTreeMap<&'static str, usize>) -> EcoString {
    if nodes == 0 {
        return "no nodes available to schedule pods".into();
    }
    let mut counts: Vec<EcoString> = refusals
        .iter()
        .map(|(reason, count)| eco_format!("{count} {reason}"))
        .collect();
    lean::sort(&mut counts);
    let closed = refusals
        .get("node(s) were unschedulable")
        .copied()
        .unwrap_or(0);
    let mut help = Vec::new();
    if closed < nodes {
        let count = nodes - closed;
        help.push(eco_format!(
            "{count} No preemption victims found for incoming pod"
        ));
    }
    if closed > 0 {
        help.push(eco_format!(
            "{closed} Preemption is not helpful for scheduling"
        ));
    }
    eco_format!(
        "0/{nodes} nodes are available: {}. no new claims to deallocate, preemption: 0/{nodes} \
         nodes are available: {}.",
        counts.join(", "),
        help.join(", ")
    )
}
